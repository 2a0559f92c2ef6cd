#if Serve
  /// A request for inference in the terms of the Open Inference Protocol v2, whatever it came by.
  public struct InferRequest: Sendable {
    public var modelName: String
    /// Nil: the newest.
    public var modelVersion: String?
    /// Comes back in the answer.
    public var id: String?
    /// From the arrival of the request on.
    public var timeout: Duration?
    public var inputs: [InferInput] = []
    /// Empty: all.
    public var outputs: [RequestedOutput] = []
    /// Whether outputs go as bytes where they do not say it themselves.
    public var binaryOutputs = false

    public init(modelName: String, modelVersion: String? = nil) {
      (self.modelName, self.modelVersion) = (modelName, modelVersion)
    }
  }

  /// A tensor that a client sent.
  public struct InferInput: Sendable {
    public enum Contents: Sendable {
      /// Values, row by row.
      case numbers([Float])
      /// Elements of `BYTES`.
      case elements([ArraySlice<UInt8>])
      /// As on the wire: little-endian values, or elements each after its length in 4 bytes.
      case raw(ArraySlice<UInt8>)
    }

    public var name: String
    /// `FP32`, `BYTES`, …
    public var datatype: String
    public var shape: [Int]
    public var contents: Contents

    public init(name: String, datatype: String, shape: [Int], contents: Contents) {
      (self.name, self.datatype, self.shape, self.contents) = (name, datatype, shape, contents)
    }
  }

  /// An output that a client asks for.
  public struct RequestedOutput: Sendable {
    public var name: String
    /// Instead of the tensor its k greatest values, as `value:index:label`.
    public var classification: Int?
    /// Whether it goes as bytes; nil: as the request says.
    public var binary: Bool?

    public init(name: String, classification: Int? = nil, binary: Bool? = nil) {
      (self.name, self.classification, self.binary) = (name, classification, binary)
    }
  }

  /// The answer to an ``InferRequest``.
  public struct InferResponse: Sendable {
    public var modelName: String
    public var modelVersion: String
    public var id: String?
    public var outputs: [InferOutput]
  }

  /// A tensor of an answer.
  public struct InferOutput: Sendable {
    public enum Contents: Sendable {
      case numbers([Float])
      case texts([String])
    }

    public var name: String
    public var shape: [Int]
    public var contents: Contents
    /// Whether it goes as bytes after the JSON.
    public var binary: Bool

    public var datatype: String {
      switch contents {
      case .numbers: "FP32"
      case .texts: "BYTES"
      }
    }

    /// As on the wire: little-endian values, or texts each after its length in 4 bytes.
    public var raw: [UInt8] {
      switch contents {
      case .numbers(let values):
        return values.withUnsafeBytes { Array($0) }
      case .texts(let texts):
        return texts.flatMap { text in
          withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
        }
      }
    }
  }
#endif
