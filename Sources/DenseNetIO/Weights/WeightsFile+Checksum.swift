import Foundation

extension WeightsFile {
  /// Distinguishes sets of tensors: over their names, shapes and elements, whatever their order. Metadata does not
  /// count.
  package var checksum: String { Self.checksum(of: parts) }

  /// Over the metadata too.
  var fullChecksum: String { Self.checksum(of: parts + metadata.map { "\($0.key)=\($0.value)" }) }

  private var parts: [String] {
    tensors.map { tensor in
      var bytes = Data()
      tensor.value.append(to: &bytes)
      let crc = bytes.withUnsafeBytes { CRC32C.checksum($0) }
      return "\(tensor.name):\(tensor.value.shape):\(crc)"
    }
  }

  private static func checksum(of parts: [String]) -> String {
    String(CRC32C.checksum(Array(parts.sorted().joined(separator: "\n").utf8)), radix: 16)
  }
}
