#!/usr/bin/env python3
"""What the program of a release is made of: components.py BUILD notices FOLDER | sbom FILE.

BUILD is the folder of Scripts/dist/build. `notices` copies the licences of everything inside the program; `sbom` writes
SPDX 2.3, dated by SOURCE_DATE_EPOCH, with the libraries that the program loads from the system too."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
DEBIAN = "debian-" + re.search(r'VERSION_ID="?([^"\n]+)', Path("/etc/os-release").read_text()).group(1)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


# MARK: Swift packages


def linked_modules(build):
    """Modules whose objects the program was linked from."""
    lists = list((build / "build" / "release").glob("densenet.product/Objects.LinkFileList"))
    if not lists:
        sys.exit(f"dist: {build}/build/release: expected the linker's list of objects, found none; build first")
    return set(re.findall(r"/([^/]+)\.build/", lists[0].read_text()))


def swift_packages(build):
    """Packages of other projects that are inside the program, as Package.resolved pins them."""
    checkouts = build / "build" / "checkouts"
    modules = linked_modules(build)
    for pin in json.loads((build / "source" / "Package.resolved").read_text())["pins"]:
        folder = checkouts / Path(pin["location"]).name.removesuffix(".git")
        if any((folder / "Sources" / module).is_dir() for module in modules):
            yield {
                "name": pin["identity"], "version": pin["state"]["version"], "folder": folder,
                "location": pin["location"], "revision": pin["state"]["revision"],
            }


def licence_files(folder):
    """A package's licences and notices, those of code that it has from others too."""
    for path in output("git", "-C", str(folder), "ls-files").splitlines():
        parts = Path(path).parts
        if re.fullmatch(r"(?i)(licen[cs]e|notices?|copying)(\.(txt|md))?", parts[-1]) and (
            len(parts) == 1 or parts[0] == "Sources"
        ):
            yield path


def licence(text):
    """The SPDX name of a text's licence, where it is one of those that Swift packages have."""
    if "Apache License" in text:
        return "Apache-2.0 WITH Swift-exception" if "Runtime Library Exception" in text else "Apache-2.0"
    return "MIT" if "MIT License" in text else "NOASSERTION"


# MARK: The system's


def static_libraries():
    """Debian's packages of the libraries inside the program, and their licences."""
    lines = (HERE / "libraries.txt").read_text().splitlines()
    return dict(sorted(line.split(maxsplit=2)[1:] for line in lines if not line.startswith("#")))


def loaded_libraries(program):
    """Debian's packages of the libraries that the program itself loads."""
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", str(program)))
    paths = dict(re.findall(r"(\S+) => (\S+)", output("ldd", str(program))))
    names = set()
    for name in needed:
        if name in paths:
            path = Path(paths[name])
            # Debian 12 has its libraries below /usr/lib, and some packages still say /lib.
            found = subprocess.run(
                ["dpkg", "-S", *{str(path), str(path.resolve()), str(path).removeprefix("/usr")}],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8").stdout
            names.add(re.match(r"([^:]+)", found).group(1))
    return sorted(names)


def debian_package(name):
    """A package's version, architecture, and the source package that it was built from."""
    fields = "${Version}\t${Architecture}\t${source:Package} ${source:Version}"
    architecture = output("dpkg", "--print-architecture").strip()
    return output("dpkg-query", "-W", "-f", fields, f"{name}:{architecture}").split("\t")


def swift_runtime():
    """The version of Swift, and its licence."""
    swift = shutil.which(os.environ.get("SWIFT", "swift"))
    version = re.search(r"Swift version (\S+)", output(swift, "--version")).group(1)
    return version, Path(swift).resolve().parent.parent / "share" / "swift" / "LICENSE.txt"


# MARK: What is written


def notices(build, folder):
    folder.mkdir(parents=True, exist_ok=True)
    _, text = swift_runtime()
    shutil.copyfile(text, folder / "swift.txt")
    # ICU is a part of Swift's Foundation, and Swift brings no text of its licence.
    shutil.copyfile("/usr/share/doc/libicu-dev/copyright", folder / "swift-icu.txt")
    # The data inside the program that NOTICE names.
    for path in sorted((build / "source" / "Sources").glob("*/data/LICENSE")):
        shutil.copyfile(path, folder / f"{path.parent.parent.name}.txt")
    for package in swift_packages(build):
        for path in licence_files(package["folder"]):
            name = "-".join([package["name"], *Path(path).parts[1:-1], Path(path).stem.lower()])
            shutil.copyfile(package["folder"] / path, folder / f"{name}.txt")
    for name in static_libraries():
        shutil.copyfile(f"/usr/share/doc/{name}/copyright", folder / f"{name}.txt")


def element(name, version, location, declared, purl=None, comment=None):
    result = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version,
        "downloadLocation": location, "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": declared, "copyrightText": "NOASSERTION",
    }
    if purl:
        result["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ]
    if comment:
        result["comment"] = comment
    return result


def debian_element(name, declared="NOASSERTION"):
    version, architecture, source = debian_package(name)
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}&distro={DEBIAN}"
    return element(name, version, "NOASSERTION", declared, purl, f"Debian's source package: {source}")


def sbom(build, target):
    program = build / "densenet"
    version = output(str(program), "--version").split()[1]
    commit = (build / "commit").read_text().strip()
    main = element("densenet", version, "NOASSERTION", "Apache-2.0", comment=f"built from commit {commit}")
    main["checksums"] = [
        {"algorithm": "SHA256", "checksumValue": hashlib.sha256(program.read_bytes()).hexdigest()}
    ]
    packages, relations = [main], [("SPDXRef-DOCUMENT", "DESCRIBES", main)]

    def add(part, kind):
        packages.append(part)
        relations.append((main["SPDXID"], kind, part))

    swift_version, text = swift_runtime()
    add(
        element("swift-runtime", swift_version, "https://www.swift.org/install", licence(text.read_text())),
        "STATIC_LINK")
    for package in swift_packages(build):
        path = package["location"].removeprefix("https://")
        texts = [package["folder"] / name for name in licence_files(package["folder"]) if "/" not in name]
        declared = licence("".join(text.read_text() for text in texts if "licen" in text.name.lower()))
        add(
            element(
                package["name"], package["version"], f"git+{package['location']}@{package['revision']}", declared,
                f"pkg:swift/{path}@{package['version']}"),
            "STATIC_LINK")
    for name, declared in static_libraries().items():
        add(debian_element(name, declared), "STATIC_LINK")
    for name in loaded_libraries(program):
        add(debian_element(name), "DYNAMIC_LINK")
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"densenet-{version}", "documentNamespace": f"https://spdx.org/spdxdocs/densenet-{version}-{commit}",
        "creationInfo": {"created": created, "creators": ["Tool: densenet-components.py"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": first, "relationshipType": kind, "relatedSpdxElement": part["SPDXID"]}
            for first, kind, part in relations
        ],
    }
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def main():
    build, task, target = Path(sys.argv[1]).resolve(), sys.argv[2], Path(sys.argv[3])
    {"notices": notices, "sbom": sbom}[task](build, target)


main()
