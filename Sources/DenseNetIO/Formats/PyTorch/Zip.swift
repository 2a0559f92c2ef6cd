internal import CLibZip
import DenseNets
import Foundation

/// A zip archive in memory, by libzip. Nothing that it says of itself is believed before it is checked.
final class ZipReader {
  private static let freeBytes = 64 << 20
  private static let maximumEntries = 1 << 20

  private let archive: OpaquePointer
  /// What may be read, by name: its number, and its size in bytes.
  private var entries: [String: (index: UInt64, size: Int)] = [:]
  /// The unpacked size of all entries.
  private(set) var totalSize = 0

  /// Opens an archive while `body` runs.
  /// - Throws: ``WeightsProblem`` for one that is damaged, encrypted, packed by other means than deflate, or a bomb: of
  ///   more than 64 MiB and 16 times the file when unpacked.
  static func reading<Result>(
    _ data: Data, _ body: (ZipReader) throws(WeightsProblem) -> Result
  ) throws(WeightsProblem) -> Result {
    let result = data.withUnsafeBytes { bytes in
      Swift.Result<Result, WeightsProblem> { () throws(WeightsProblem) in try body(try ZipReader(bytes)) }
    }
    return try result.get()
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(WeightsProblem) {
    var error = zip_error()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(bytes.baseAddress, UInt64(bytes.count), 0, &error) else {
      throw Self.damaged(&error)
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw Self.damaged(&error)
    }
    self.archive = archive
    try index(fileSize: bytes.count)
  }

  deinit { zip_discard(archive) }

  private static func damaged(_ error: inout zip_error) -> WeightsProblem {
    // The directory is at the end of an archive.
    if zip_error_code_zip(&error) == ZIP_ER_NOZIP {
      return WeightsProblem(
        "its zip archive is damaged: it is cut off before its end", remedy: "download or save it again")
    }
    return WeightsProblem("its zip archive is damaged: \(String(cString: zip_error_strerror(&error)).lowercased())")
  }

  private func damaged(_ name: String) -> WeightsProblem {
    let reason = zip_error_strerror(zip_get_error(archive)).map { String(cString: $0) } ?? "unknown error"
    return WeightsProblem("its zip archive is damaged at \(printable(name)): \(reason.lowercased())")
  }

  private func index(fileSize: Int) throws(WeightsProblem) {
    let count = zip_get_num_entries(archive, 0)
    guard count >= 0, count <= Self.maximumEntries else {
      throw WeightsProblem("its zip archive has \(count) entries, expected at most \(Self.maximumEntries)")
    }
    var packed = 0
    for index in 0..<UInt64(count) {
      var entry = zip_stat()
      guard zip_stat_index(archive, index, 0, &entry) == 0, let text = entry.name else {
        throw damaged("entry \(index)")
      }
      let name = String(cString: text)
      let shown = printable(name)
      guard entry.encryption_method == ZIP_EM_NONE else { throw WeightsProblem("its zip entry \(shown) is encrypted") }
      let isStored = entry.comp_method == ZIP_CM_STORE
      guard isStored || entry.comp_method == ZIP_CM_DEFLATE else {
        throw WeightsProblem(
          "its zip entry \(shown) is compressed by method \(entry.comp_method), expected stored or deflate")
      }
      guard entry.comp_size <= fileSize, !isStored || entry.comp_size == entry.size else {
        throw WeightsProblem("its zip entry \(shown) is larger than the file")
      }
      packed += Int(entry.comp_size)
      guard packed <= fileSize else { throw WeightsProblem("its zip entries overlap at \(shown)") }
      guard entry.size <= Self.freeBytes + 16 * fileSize - totalSize else {
        throw WeightsProblem(
          "its zip entries would unpack to more than \(Self.freeBytes + 16 * fileSize) bytes at \(shown)")
      }
      totalSize += Int(entry.size)
      guard entries.updateValue((index, Int(entry.size)), forKey: name) == nil else {
        throw WeightsProblem("its zip archive has two entries called \(shown)")
      }
    }
  }

  var names: [String] { Array(entries.keys) }

  func size(of name: String) -> Int? { entries[name]?.size }

  /// An entry's bytes, whose checksum fits; nil where there is none of that name.
  func content(of name: String, atMost limit: Int) throws(WeightsProblem) -> Data? {
    guard let (index, size) = entries[name] else { return nil }
    guard size <= limit else {
      throw WeightsProblem("its zip entry \(printable(name)) has \(size) bytes, expected at most \(limit)")
    }
    guard let file = zip_fopen_index(archive, index, 0) else { throw damaged(name) }
    defer { zip_fclose(file) }
    var content = Data(count: size)
    let isWhole = content.withUnsafeMutableBytes { bytes in
      var filled = 0
      while filled < size {
        let count = zip_fread(file, bytes.baseAddress! + filled, UInt64(size - filled))
        if count <= 0 { return false }
        filled += Int(count)
      }
      // Reading past the end compares the checksum.
      var extra: UInt8 = 0
      return zip_fread(file, &extra, 1) == 0
    }
    guard isWhole else {
      let reason = zip_error_strerror(zip_file_get_error(file)).map { String(cString: $0) } ?? "unknown error"
      throw WeightsProblem("its zip entry \(printable(name)) is damaged: \(reason.lowercased())")
    }
    return content
  }
}

/// A part of a zip archive to be written.
struct ZipEntry {
  let name: String
  /// Where its bytes lie among those of all entries.
  let range: Range<Int>
}

/// A zip archive as `torch.save` writes it: nothing packed, everything of the same date, and the bytes of every entry at
/// a multiple of 64, so that they can be mapped.
/// - Throws: `Failure(.internalError)` where libzip refuses.
func writeZip(_ entries: [ZipEntry], from content: Data) throws(Failure) -> Data {
  let result = content.withUnsafeBytes { bytes in
    Result<Data, Failure> { () throws(Failure) in try writeZip(entries, from: bytes) }
  }
  return try result.get()
}

private func writeZip(_ entries: [ZipEntry], from bytes: UnsafeRawBufferPointer) throws(Failure) -> Data {
  func check(_ isFine: Bool) throws(Failure) {
    guard isFine else { throw Failure(.internalError, "libzip cannot write an archive; report this") }
  }
  guard let target = zip_source_buffer_create(nil, 0, 0, nil) else { throw Failure(.internalError, "out of memory") }
  defer { zip_source_free(target) }
  zip_source_keep(target)
  guard let archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, nil) else {
    zip_source_free(target)
    throw Failure(.internalError, "libzip cannot write an archive; report this")
  }
  var isOpen = true
  defer { if isOpen { zip_discard(archive) } }
  var position = 0
  for entry in entries {
    let source = zip_source_buffer(archive, bytes.baseAddress! + entry.range.lowerBound, UInt64(entry.range.count), 0)
    try check(source != nil)
    let number = zip_file_add(archive, entry.name, source!, UInt32(ZIP_FL_ENC_UTF_8))
    if number < 0 { zip_source_free(source) }
    try check(number >= 0)
    let index = UInt64(number)
    try check(zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0)
    // The first day that the format has.
    try check(zip_file_set_dostime(archive, index, 0, 1 << 5 | 1, 0) == 0)
    let header = 30 + entry.name.utf8.count
    let padding = ZipPadding(after: position + header)
    let filler = [UInt8](repeating: UInt8(ascii: "Z"), count: padding.content)
    try check(
      zip_file_extra_field_set(
        archive, index, ZipPadding.id, UInt16(ZIP_EXTRA_FIELD_NEW), filler, UInt16(filler.count), UInt32(ZIP_FL_LOCAL))
        == 0)
    position += header + padding.size + entry.range.count
  }
  try check(zip_close(archive) == 0)
  isOpen = false

  try check(zip_source_open(target) == 0)
  defer { zip_source_close(target) }
  try check(zip_source_seek(target, 0, SEEK_END) == 0)
  let size = Int(zip_source_tell(target))
  try check(size > 0 && zip_source_seek(target, 0, SEEK_SET) == 0)
  var data = Data(count: size)
  let count = data.withUnsafeMutableBytes { zip_source_read(target, $0.baseAddress!, UInt64(size)) }
  try check(count == Int64(size))
  return data
}

/// The extra field by which PyTorch moves an entry's bytes to a multiple of 64.
private struct ZipPadding {
  static let id: UInt16 = 0x4246
  private static let alignment = 64
  private static let header = 4

  /// Bytes of the field, its header included.
  let size: Int
  var content: Int { size - Self.header }

  init(after position: Int) {
    let start = position + Self.header
    size = Self.header + (Self.alignment - start % Self.alignment) % Self.alignment
  }
}
