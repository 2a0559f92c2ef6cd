import DenseNets

@testable import DenseNetData

/// Files of datasets, and what they are packed in.
let fileTargets = [
  FuzzTarget("idx") { bytes in
    try bytes.withUnsafeBytes { bytes in
      for rank in [1, 3] {
        do { try readIDX(bytes, rank: rank) } catch let failure where rank == 1 {
          // A file of another rank says so first.
          _ = failure
        }
      }
    }
  },
  FuzzTarget("gzip") { bytes in
    try bytes.withUnsafeBytes { bytes in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 + bytes.count % 4096, alignment: 1)
      defer { buffer.deallocate() }
      let reader = try GzipReader(MemoryBytes(name: "file.gz", bytes), remedy: "replace it")
      // A bomb is as long as its reader wants it.
      while try reader.read(into: buffer) == buffer.count, reader.unpackedCount < 1 << 18 {}
    }
  },
  FuzzTarget("tar") { bytes in
    try bytes.withUnsafeBytes { bytes in
      let reader = TarReader(
        try GzipReader(MemoryBytes(name: "file.tar", bytes), remedy: "replace it"), remedy: "replace it")
      let limit = 1 << 16
      while let file = try reader.next(limit: limit, isWanted: { $0.hasSuffix(".bin") }) {
        require(file.name.hasSuffix(".bin") && file.bytes.count <= limit, "\(file.name): \(file.bytes.count) bytes")
      }
    }
  },
  FuzzTarget("cifar") { bytes in
    let path = Scratch.write(bytes, to: "cifar.tar.gz")
    for description in CIFARDescription.all {
      do {
        let splits = try description.read(.archive(path), remedy: "replace it")
        require(splits.train.count > 0 && splits.test.count > 0, "no images")
      } catch let failure where description.name == "cifar10" {
        _ = failure
      }
    }
  },
]

private func readIDX(_ bytes: UnsafeRawBufferPointer, rank: Int) throws {
  let file = try IDXFile(
    GzipReader(MemoryBytes(name: "file", bytes), remedy: "replace it"), rank: rank, remedy: "replace it")
  require(file.extents.count == rank && file.values.count == file.extents.reduce(1, *), "\(file.extents)")
}
