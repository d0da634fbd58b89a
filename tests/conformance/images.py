"""Builds the images that Kubernetes' suite names, without a registry, into one OCI layout that shares their layers.

    python3 images.py OUTPUT --base BASE.tar --programs FOLDER --kubernetes MODULE --pause FILE --list FILE

BASE.tar is a small Debian with the tools that tests run in containers (prepare.sh); FOLDER has the programs that go made of the
suite's module, whose sources are in MODULE; `--list` is what `e2e.test --list-images` printed. The layout holds an entry
for every name in the list that can be made; OUTPUT/missing.txt has those that can't, with the reason.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

# What a name stands for: the last part of it, whatever the registry and the tag.
CANNOT = {
    'volume/nfs': 'needs a kernel NFS server in a container', 'volume/iscsi': 'needs a kernel iSCSI target in a container',
    'nfs-provisioner': 'its source is in no Go module', 'distroless-iptables': 'a build image that no test runs',
    'apparmor-loader': 'needs AppArmor, which Debian loads on the host',
    'sample-device-plugin': 'needs device plugins',
}


class Layout:
    """An OCI image layout: blobs by digest, one index of named images."""

    def __init__(self, folder):
        self.folder = folder
        self.blobs = os.path.join(folder, 'blobs', 'sha256')
        os.makedirs(self.blobs)
        self.manifests = []

    def blob(self, content):
        digest = hashlib.sha256(content).hexdigest()
        with open(os.path.join(self.blobs, digest), 'wb') as file:
            file.write(content)
        return {'digest': 'sha256:' + digest, 'size': len(content)}

    def layer(self, file):
        """A layer of an uncompressed tar. Compressed here once: an importer would do so for every image it is in."""
        part = os.path.join(self.folder, 'part')
        plain = hashlib.sha256()
        with gzip.GzipFile(part, 'wb', compresslevel=1, mtime=0) as packed:
            while chunk := file.read(1 << 20):
                plain.update(chunk)
                packed.write(chunk)
        with open(part, 'rb') as packed:
            digest = hashlib.file_digest(packed, 'sha256').hexdigest()
        os.rename(part, os.path.join(self.blobs, digest))
        size = os.path.getsize(os.path.join(self.blobs, digest))
        return {'digest': 'sha256:' + digest, 'size': size}, 'sha256:' + plain.hexdigest()

    def image(self, names, layers, user='', entrypoint=None, command=None, ports=(), folder='/', env=()):
        path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
        config = {'Env': [path, *env], 'WorkingDir': folder}
        if user:
            config['User'] = user
        if entrypoint:
            config['Entrypoint'] = entrypoint
        if command:
            config['Cmd'] = command
        if ports:
            config['ExposedPorts'] = {f'{port}/tcp': {} for port in ports}
        made = self.blob(json.dumps({
            'architecture': 'amd64', 'os': 'linux', 'created': '1970-01-01T00:00:00Z', 'config': config,
            'rootfs': {'type': 'layers', 'diff_ids': [plain for _, plain in layers]}}).encode())
        manifest = self.blob(json.dumps({
            'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
            'config': {'mediaType': 'application/vnd.oci.image.config.v1+json', **made},
            'layers': [{'mediaType': 'application/vnd.oci.image.layer.v1.tar+gzip', **layer} for layer, _ in layers]}).encode())
        for name in names:
            self.manifests.append({'mediaType': 'application/vnd.oci.image.manifest.v1+json', **manifest,
                                   # By the reference the importer tells the images of a layout apart.
                                   'annotations': {'io.containerd.image.name': name,
                                                   'org.opencontainers.image.ref.name': str(len(self.manifests))}})
        return manifest, made

    def close(self):
        with open(os.path.join(self.folder, 'oci-layout'), 'w') as file:
            json.dump({'imageLayoutVersion': '1.0.0'}, file)
        with open(os.path.join(self.folder, 'index.json'), 'w') as file:
            json.dump({'schemaVersion': 2, 'manifests': self.manifests}, file)


class Layer:
    """A layer that is put together in memory, file by file."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode='w', format=tarfile.GNU_FORMAT)

    def folder(self, path, mode=0o755):
        entry = tarfile.TarInfo(path.lstrip('/'))
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self.tar.addfile(entry)
        return self

    def file(self, path, content, mode=0o644):
        entry = tarfile.TarInfo(path.lstrip('/'))
        entry.size, entry.mode = len(content), mode
        self.tar.addfile(entry, io.BytesIO(content))
        return self

    def copy(self, path, source, mode=0o755):
        with open(source, 'rb') as file:
            return self.file(path, file.read(), mode)

    def link(self, path, to, hard=False):
        entry = tarfile.TarInfo(path.lstrip('/'))
        entry.type, entry.linkname = (tarfile.LNKTYPE if hard else tarfile.SYMTYPE), to
        self.tar.addfile(entry)
        return self

    def done(self, layout):
        self.tar.close()
        self.buffer.seek(0)
        return layout.layer(self.buffer)


USERS = 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n'
GROUPS = 'root:x:0:\ndaemon:x:1:\nusers:x:100:\nnogroup:x:65534:\n'


def busybox_layer(layout):
    program = shutil.which('busybox')
    layer = Layer()
    for folder in ('bin', 'etc', 'proc', 'sys', 'dev', 'home', 'usr', 'usr/bin', 'var', 'lib'):
        layer.folder(folder)
    layer.folder('root', 0o700).folder('tmp', 0o1777).copy('bin/busybox', program)
    for applet in subprocess.run([program, '--list'], capture_output=True, text=True, check=True).stdout.split():
        if applet != 'busybox':
            layer.link('bin/' + applet, 'bin/busybox', hard=True)
    # The shell of Debian's busybox drops variables whose names are no identifiers, such as data-1, and tests ask `sh -c env`
    # for them: that is another shell, found first. `/bin/sh` speaks busybox's words, which tests know.
    layer.folder('usr/local').folder('usr/local/bin').copy('usr/local/bin/sh', shutil.which('bash-static'))
    layer.link('usr/bin/env', '/bin/env')
    layer.file('etc/passwd', USERS.encode()).file('etc/group', GROUPS.encode())
    return layer.done(layout)


def of_base(base, path):
    with tarfile.open(base) as tar:
        return tar.extractfile('./' + path).read()


def put_into_registry(layer, layout, name, tag, manifest, config, blobs):
    """An image as agnhost's registry server keeps it below /var/registry: an index of the tag, manifests and blobs."""
    root = f'var/registry/{name}'
    index = json.dumps({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json', 'manifests': [
        {'mediaType': 'application/vnd.oci.image.manifest.v1+json', **manifest,
         'platform': {'architecture': 'amd64', 'os': 'linux'}}]}).encode()

    def at(kind, digest):
        digits = digest.split(':')[1]
        return f'{root}/{kind}/sha256/{digits[:2]}/{digits}/data'

    def stored(digest):
        with open(os.path.join(layout.blobs, digest.split(':')[1]), 'rb') as file:
            return file.read()

    index_digest = 'sha256:' + hashlib.sha256(index).hexdigest()
    layer.file(at('manifests', index_digest), index).file(f'{root}/manifests/{tag}', (index_digest + '\n').encode())
    layer.file(at('manifests', manifest['digest']), stored(manifest['digest']))
    for blob in (config, *blobs):
        layer.file(at('blobs', blob['digest']), stored(blob['digest']))


def program_of(arguments, name):
    return os.path.join(arguments.programs, name)


def agnhost_layer(layout, arguments, pause):
    source = os.path.join(arguments.kubernetes, 'test/images/agnhost')
    layer = Layer()
    layer.copy('agnhost', program_of(arguments, 'agnhost')).link('agnhost-2', 'agnhost').folder('uploads')
    for name in ('localhost.crt', 'localhost.key'):
        layer.copy(name, os.path.join(source, 'porter', name), 0o644)
    layer.link('usr/local/bin/iperf', '/usr/bin/iperf')
    users = of_base(arguments.base, 'etc/passwd') + b'user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n'
    groups = of_base(arguments.base, 'etc/group') + b'user-defined-in-image:x:1000:\n' \
        b'group-defined-in-image:x:50000:user-defined-in-image\n'
    layer.file('etc/passwd', users).file('etc/group', groups)
    put_into_registry(layer, layout, 'pause', 'testing', *pause)
    return layer.done(layout)


def build(layout, arguments, names):
    """Names: {last part of the name: [whole names]}. Returns the names that nothing was made for, with the reason."""
    sources = os.path.join(arguments.kubernetes, 'test/images')
    made = set()

    def image(part, layers, **options):
        made.add(part)
        return layout.image(names.get(part, []), layers, **options)

    pause_layer = Layer().copy('pause', arguments.pause).done(layout)
    manifest, config = image('pause', [pause_layer], user='65535:65535', entrypoint=['/pause'])
    busybox = busybox_layer(layout)
    image('busybox', [busybox], command=['sh'])
    image('nonroot', [busybox], user='1234', command=['sh'])
    with open(arguments.base, 'rb') as file:
        base = layout.layer(file)
    agnhost = [base, agnhost_layer(layout, arguments, (manifest, config, [pause_layer[0]]))]
    ports = (80, 8080, 8081, 9376, 5000)
    image('agnhost', agnhost, entrypoint=['/agnhost'], command=['pause'], ports=ports)
    for animal in ('nautilus', 'kitten'):
        page = Layer()
        for name in (animal + '.jpg', 'data.json'):
            page.copy(name, os.path.join(sources, animal, 'html', name), 0o644)
        # By what the real one is made of a test tells that it sees this image and not the container's own.
        page.file('etc/os-release', b'PRETTY_NAME="Stands in for an image made of Alpine Linux; made of Debian"\n')
        image(animal, [*agnhost, page.done(layout)], entrypoint=['/agnhost'], command=['test-webserver'], ports=ports)
    image('nginx', [base], command=['nginx', '-g', 'daemon off;'], ports=(80,))
    for part in ('glibc-dns-testing', 'perl', 'ipc-utils'):
        image(part, [base], command=['sh'])
    image('etcd', [base, Layer().link('usr/local/bin/etcd', '/usr/bin/etcd').done(layout)], command=['etcd'])
    image('sample-apiserver', [base, Layer().copy('sample-apiserver', program_of(arguments, 'sample-apiserver')).done(layout)],
          entrypoint=['/sample-apiserver'])
    consumer = Layer().copy('consumer', program_of(arguments, 'resource-consumer'))
    consumer.copy('consume-cpu', program_of(arguments, 'consume-cpu'))
    image('resource-consumer', [base, consumer.done(layout)], entrypoint=['/consumer'], ports=(8080,))
    regression = Layer().copy('regression-issue-74839', program_of(arguments, 'regression-issue-74839')).done(layout)
    image('regression-issue-74839', [base, regression], entrypoint=['/regression-issue-74839'])
    nnp = Layer().copy('usr/local/bin/nnp', program_of(arguments, 'nonewprivs'), 0o6755).done(layout)
    image('nonewprivs', [base, nnp], command=['nnp'])
    return {name: CANNOT.get(part, 'no recipe: no conformance test runs it') for part in sorted(set(names) - made) for name in names[part]}


def last_part(name):
    path = name.rsplit(':', 1)[0].split('/')
    return '/'.join(path[-2:]) if path[-2] in ('volume', 'node-perf') else path[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('output')
    for option in ('--base', '--programs', '--kubernetes', '--pause', '--list'):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()
    names, private = {}, {}
    with open(arguments.list) as file:
        for name in file.read().split():
            if name.startswith('gcr.io/k8s-authenticated-test/'):
                private[name] = 'is to come from a registry with a password'
            elif not name.startswith('invalid.'):  # which is to be absent: a test wants a pull that fails
                names.setdefault(last_part(name), []).append(name)
    shutil.rmtree(arguments.output, ignore_errors=True)
    layout = Layout(arguments.output)
    missing = build(layout, arguments, names) | private
    layout.close()
    with open(os.path.join(arguments.output, 'missing.txt'), 'w') as file:
        for name, reason in missing.items():
            print(f'{name}: {reason}', file=file)
    print(f'{len(layout.manifests)} images, {len(missing)} that cannot be made')


if __name__ == '__main__':
    main()
