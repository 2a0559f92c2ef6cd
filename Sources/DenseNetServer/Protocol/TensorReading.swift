#if Serve
  import DenseNets

  /// What the tensor `input` of a request is: values, or picture files.
  enum InputContent: Sendable {
    /// `[N, C, H, W]`, normalised.
    case tensor(Tensor)
    case pictures([ArraySlice<UInt8>])

    /// - Throws: `ServiceError` that says what was expected of the tensor and what was found.
    init(_ input: InferInput, channels: Int, size: (height: Int, width: Int)?, minimumSide: Int, largestBatch: Int)
      throws
    {
      let count = try Self.elementCount(input)
      switch input.datatype {
      case "FP32":
        let wanted = "[N, \(channels), \(size.map { "\($0.height), \($0.width)" } ?? "H, W")]"
        guard input.shape.count == 4, input.shape[1] == channels, count > 0,
          size.map({ (input.shape[2], input.shape[3]) == $0 }) ?? true
        else {
          throw ServiceError(.invalidArgument, "input input: expected shape \(wanted) for FP32, found \(input.shape)")
        }
        guard min(input.shape[2], input.shape[3]) >= minimumSide, max(input.shape[2], input.shape[3]) <= 8192 else {
          throw ServiceError(
            .invalidArgument, "input input: expected sides of \(minimumSide) to 8192 pixels, found \(input.shape)")
        }
        try Self.requireBatch(input.shape[0], largestBatch)
        self = .tensor(Tensor(shape: input.shape, values: try Self.values(input, count: count)))
      case "BYTES":
        guard input.shape.count == 1 || input.shape.count == 2 && input.shape[1] == 1, count > 0 else {
          throw ServiceError(
            .invalidArgument, "input input: expected shape [N] for BYTES, one picture file each, found \(input.shape)")
        }
        try Self.requireBatch(count, largestBatch)
        self = .pictures(try Self.elements(input, count: count))
      default:
        throw ServiceError(
          .invalidArgument,
          "input input: expected datatype FP32, or BYTES for picture files, found \"\(shown(input.datatype))\"")
      }
    }

    private static func requireBatch(_ images: Int, _ largest: Int) throws {
      guard images <= largest else {
        throw ServiceError(
          .invalidArgument, "input input: expected at most \(largest) images per request, found \(images); send fewer")
      }
    }

    /// The product of the shape.
    private static func elementCount(_ input: InferInput) throws -> Int {
      guard input.shape.count <= 8, input.shape.allSatisfy({ $0 >= 0 }) else {
        throw ServiceError(.invalidArgument, "input input: expected a shape without negative numbers, found another")
      }
      var count = 1
      for extent in input.shape {
        let (product, overflows) = count.multipliedReportingOverflow(by: extent)
        guard !overflows, product <= 1 << 32 else {
          throw ServiceError(.invalidArgument, "input input: its shape is too large")
        }
        count = product
      }
      return count
    }

    private static func values(_ input: InferInput, count: Int) throws -> [Float] {
      let values: [Float]
      switch input.contents {
      case .numbers(let numbers): values = numbers
      case .raw(let bytes):
        guard bytes.count == 4 * count else {
          throw ServiceError(
            .invalidArgument,
            "input input: expected \(4 * count) bytes for shape \(input.shape) in FP32, found \(bytes.count)")
        }
        values = [Float](unsafeUninitializedCapacity: count) { result, filled in
          _ = bytes.copyBytes(to: UnsafeMutableRawBufferPointer(result))
          filled = count
        }
      case .elements:
        throw ServiceError(.invalidArgument, "input input: expected numbers for FP32, found texts")
      }
      guard values.count == count else {
        throw ServiceError(
          .invalidArgument, "input input: expected \(count) numbers for shape \(input.shape), found \(values.count)")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw ServiceError(.invalidArgument, "input input: expected finite numbers, found others")
      }
      return values
    }

    private static func elements(_ input: InferInput, count: Int) throws -> [ArraySlice<UInt8>] {
      let elements: [ArraySlice<UInt8>]
      switch input.contents {
      case .elements(let given): elements = given
      case .raw(let bytes): elements = try Self.elements(of: bytes, count: count)
      case .numbers:
        throw ServiceError(.invalidArgument, "input input: expected texts for BYTES, found numbers")
      }
      guard elements.count == count else {
        throw ServiceError(
          .invalidArgument, "input input: expected \(count) elements for shape \(input.shape), found \(elements.count)")
      }
      return elements
    }

    /// Elements that each follow their length in 4 little-endian bytes.
    static func elements(of bytes: ArraySlice<UInt8>, count: Int) throws -> [ArraySlice<UInt8>] {
      var (rest, elements) = (bytes, [ArraySlice<UInt8>]())
      while !rest.isEmpty {
        guard rest.count >= 4, elements.count < count else {
          throw ServiceError(
            .invalidArgument,
            "input input: expected \(count) elements, each after its length in 4 bytes; \(rest.count) bytes are left over"
          )
        }
        let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard length <= rest.count else {
          throw ServiceError(
            .invalidArgument,
            "input input: element \(elements.count + 1) claims \(length) bytes, and \(rest.count) follow")
        }
        elements.append(rest.prefix(length))
        rest = rest.dropFirst(length)
      }
      return elements
    }
  }

  extension ArraySlice<UInt8> {
    fileprivate func copyBytes(to target: UnsafeMutableRawBufferPointer) -> Int {
      withUnsafeBytes { source in
        target.copyMemory(from: source)
        return source.count
      }
    }
  }

  /// A text of a client, short and on one line.
  func shown(_ text: String) -> String { printable(text, limit: 100) }
#endif
