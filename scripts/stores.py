#!/usr/bin/env python3
"""Objects out of stores that others wrote: stores.py BINARY AZURITE_BLOB.

Starts moto (S3) and Azurite (Azure Blob Storage) on loopback, which verify signatures, puts a picture into each, and asks pixmill for
it: resized, its header, again by its validator, an object that isn't there, and with wrong credentials. Needs moto[server] and
azure-storage-blob. Google's protocol isn't asked for: gcp-storage-emulator leaves out Last-Modified, which Google's servers send
with every object and the library insists on.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from azure.storage.blob import BlobServiceClient

PICTURE = Path(__file__).parent.parent / "tests/fixtures/drawing.png"
PATIENCE = 60.0

# What moto does before it asks who it is: making the user, its policy and key, the bucket and the object.
OPEN_DOORS = 6
# Azurite's one account, which its documentation publishes.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
WRONG_KEY = "d3JvbmcgYnV0IG9mIHRoZSByaWdodCBmb3JtLCBpbiBiYXNlIDY0"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, port, **environment):
    """A program that listens on `port`, ended with everything it started."""
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
        try:
            end = time.monotonic() + PATIENCE
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{command[0]} doesn't listen:\n{Path(log.name).read_text()}")
                time.sleep(0.05)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


@contextlib.contextmanager
def s3():
    port = free_port()
    place = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(program, port, INITIAL_NO_AUTH_ACTION_COUNT=str(OPEN_DOORS)):
        anybody = dict(
            endpoint_url=place, region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any"
        )
        users = boto3.client("iam", **anybody)
        users.create_user(UserName="pixmill")
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        users.put_user_policy(UserName="pixmill", PolicyName="all", PolicyDocument=policy)
        key = users.create_access_key(UserName="pixmill")["AccessKey"]
        store = boto3.client("s3", **anybody)
        store.create_bucket(Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        store.put_object(Bucket="photos", Key="in/a picture.png", Body=PICTURE.read_bytes())
        environment = {
            "AWS_ENDPOINT_URL": place,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        # The one door that is left open is for whoever came too early.
        yield "s3://photos/in", environment, environment | {"AWS_SECRET_ACCESS_KEY": WRONG_KEY}


@contextlib.contextmanager
def azure(program):
    port = free_port()
    with running([program, "--blobPort", str(port), "--skipApiVersionCheck", "--inMemoryPersistence"], port):
        place = f"http://127.0.0.1:{port}/{ACCOUNT}"
        service = BlobServiceClient(place, credential={"account_name": ACCOUNT, "account_key": ACCOUNT_KEY})
        service.create_container("photos").upload_blob("in/a picture.png", PICTURE.read_bytes())
        environment = {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ENDPOINT": place,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
        }
        yield "az://photos/in", environment, environment | {"AZURE_STORAGE_ACCOUNT_KEY": WRONG_KEY}


def ask(port, path, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def expect(what, seen, wanted):
    print(f"{'held  ' if seen == wanted else 'BROKEN'} {what}: {seen}" + ("" if seen == wanted else f", not {wanted}"))
    return seen == wanted


def check(binary, name, environment, wrong):
    """Whether everything that is asked of that store is answered as it should be."""
    port = free_port()
    server = [binary, "--host", "127.0.0.1", "--port", str(port), "--object-store", name]
    found, missing = "object=a%20picture.png", "object=none.jpg"
    with running(server, port, **environment):
        status, headers, picture = ask(port, f"/resize?width=120&{found}")
        held = [expect(f"{name}: a picture", (status, headers["Content-Type"]), (200, "image/png"))]
        _, _, told = ask(port, f"/info?{found}")
        size = json.loads(told).get("width"), json.loads(told).get("height")
        held.append(expect(f"{name}: /info", size, (160, 120)))
        posted = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        posted.request("POST", "/resize?width=120", PICTURE.read_bytes())
        held.append(expect(f"{name}: as if it were posted", picture == posted.getresponse().read(), True))
        again = ask(port, f"/resize?width=120&{found}", {"If-None-Match": headers["ETag"]})
        held.append(expect(f"{name}: again, by its validator", (again[0], again[2]), (304, b"")))
        held.append(expect(f"{name}: not there", ask(port, f"/resize?width=120&{missing}")[0], 404))
        held.append(expect(f"{name}: outside of its prefix", ask(port, "/resize?width=9&object=../a")[0], 400))
    with running(server, port, **wrong):
        status, _, text = ask(port, f"/resize?width=120&{found}")
        held.append(expect(f"{name}: wrong credentials", status, 502))
        told = [value for value in wrong.values() if value.encode() in text]
        held.append(expect(f"{name}: what the answer tells of them", told, []))
    return all(held)


def main():
    # Nothing of whoever runs this leads to other stores, or past the server's flags.
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "PIXMILL_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    binary, azurite = (str(Path(path).resolve()) for path in sys.argv[1:3])
    well = True
    for store in (s3(), azure(azurite)):
        with store as (name, environment, wrong):
            assert all(urlsplit(v).hostname == "127.0.0.1" for v in environment.values() if v.startswith("http"))
            well &= check(binary, name, environment, wrong)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
