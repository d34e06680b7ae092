"""Training: data, networks, losses, the loop, and export to ONNX. The only importer of torch."""
