"""Weight files of other programs than PyTorch: ncnn, MatConvNet and Caffe, read without them."""

from srkit.models.readers.caffe import is_caffe, joined, places_of, read_caffe
from srkit.models.readers.matconvnet import is_matlab, read_matconvnet
from srkit.models.readers.ncnn import is_ncnn, read_ncnn

__all__ = ["is_caffe", "is_matlab", "is_ncnn", "joined", "places_of", "read_caffe", "read_matconvnet", "read_ncnn"]
