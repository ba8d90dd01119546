"""What runs inside the box. The source of these files is sent in; they import nothing but Python and PyTorch."""
