#!/bin/bash
# What controller-runtime itself asks of its client, on the control plane of `cleat envtest`; the script beside this one runs the
# rest of its tests.
exec bash "$(dirname "$0")/controller_runtime" "${1:?usage: controller_runtime_client_test.sh BUILD_DIR}" client
