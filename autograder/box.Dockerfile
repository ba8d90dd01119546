# The second box: student code in a container, for machines on which bubblewrap does not work. Build it once, in the
# project's folder, with Docker or Podman:
#   docker build -t srkit-box -f autograder/box.Dockerfile .
# It holds Python and the libraries student code may use, nothing of the course: that comes in through a pipe.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim
ARG TORCH=2.10
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu "torch~=${TORCH}.0" \
 && pip install --no-cache-dir "numpy>=1.26" "pillow>=11" "safetensors>=0.5" "scipy>=1.14" "tqdm>=4.66" "matplotlib>=3.9"
USER 61184:61184
WORKDIR /tmp
