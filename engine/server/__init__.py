"""The gRPC server: the only importer of grpc and of the generated engine.pb."""

import os

# The native library writes unstructured lines to stderr, for example for a port in use, which we report ourselves.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
