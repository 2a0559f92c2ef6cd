#if Serve
  import DenseNetIO

  /// An inference request as HTTP carries it: JSON, and after it the tensors that go as bytes.
  extension InferRequest {
    /// - Parameters:
    ///   - body: JSON, and what follows it.
    ///   - headerLength: how much of it is JSON; nil: all; 0: none, the body is the one tensor.
    ///   - sample: values of one image of the model, for a body that is one tensor; nil where they are not fixed.
    /// - Throws: `ServiceError` with what is wrong and where.
    init(
      modelName: String, modelVersion: String?, body: [UInt8], headerLength: Int?, sample: (shape: [Int], bytes: Int)?
    ) throws {
      self.init(modelName: modelName, modelVersion: modelVersion)
      let length = headerLength ?? body.count
      guard (0...body.count).contains(length) else {
        throw ServiceError(
          .invalidArgument,
          "Inference-Header-Content-Length: expected at most the body's \(body.count) bytes, found \(length)")
      }
      if headerLength == 0 {
        inputs = [try Self.rawInput(body, sample)]
        binaryOutputs = true
        return
      }
      var scanner = JSONScanner(length == body.count ? body : Array(body[..<length]))
      do {
        var rest = body[length...]
        try read(&scanner, binary: &rest)
        try scanner.end()
      } catch let problem as JSONProblem {
        throw ServiceError(.invalidArgument, "the request's JSON: \(problem.reason), at byte \(problem.position)")
      }
    }

    private static func rawInput(_ body: [UInt8], _ sample: (shape: [Int], bytes: Int)?) throws -> InferInput {
      guard let sample else {
        throw ServiceError(
          .invalidArgument, "a body of one raw tensor needs a model of a fixed input size; send JSON too")
      }
      guard !body.isEmpty, body.count % sample.bytes == 0 else {
        throw ServiceError(
          .invalidArgument,
          "a raw tensor: expected a multiple of \(sample.bytes) bytes, which are one image, found \(body.count)")
      }
      return InferInput(
        name: "input", datatype: "FP32", shape: [body.count / sample.bytes] + sample.shape, contents: .raw(body[...]))
    }

    private mutating func read(_ scanner: inout JSONScanner, binary: inout ArraySlice<UInt8>) throws {
      var read = ReadInputs()
      var (outputs, id, isBinary, timeout) = ([RequestedOutput](), String?.none, false, Duration?.none)
      try scanner.object { scanner, key throws(JSONProblem) in
        switch key {
        case "id": id = try scanner.string()
        case "inputs": try scanner.array { scanner throws(JSONProblem) in try read.append(&scanner) }
        case "outputs":
          try scanner.array { scanner throws(JSONProblem) in
            outputs.append(try RequestedOutput(&scanner, &read.refusal))
          }
        case "parameters":
          try scanner.object { scanner, key throws(JSONProblem) in
            switch key {
            case "binary_data_output": isBinary = try scanner.bool()
            case "timeout": timeout = .microseconds(Int64(min(try scanner.wholeNumber(), 1 << 50)))
            default: try scanner.skipValue()
            }
          }
        default: try scanner.skipValue()
        }
      }
      if let refusal = read.refusal { throw refusal }
      guard outputs.count <= 16 else {
        throw ServiceError(.invalidArgument, "outputs: expected at most 16, found \(outputs.count)")
      }
      (self.outputs, self.id, binaryOutputs) = (outputs, id, isBinary)
      // Triton's own default is a timeout of 0: none.
      if let timeout, timeout > .zero { self.timeout = timeout }
      inputs = try read.inputs(binary: &binary)
      guard binary.isEmpty else {
        throw ServiceError(
          .invalidArgument,
          "\(binary.count) bytes follow the last tensor; correct binary_data_size or the header's length")
      }
    }
  }

  /// The inputs of a request as its JSON gives them, before the bytes that some of them have after it.
  private struct ReadInputs {
    private var inputs: [(InferInput, binarySize: Int?)] = []
    /// The first wrong thing that is no fault of the JSON itself.
    var refusal: ServiceError?

    mutating func append(_ scanner: inout JSONScanner) throws(JSONProblem) {
      var input = InferInput(name: "", datatype: "", shape: [], contents: .numbers([]))
      var (size, hasData, refused) = (Int?.none, false, ServiceError?.none)
      try scanner.object { scanner, key throws(JSONProblem) in
        switch key {
        case "name": input.name = try scanner.string()
        case "datatype": input.datatype = try scanner.string()
        case "shape":
          try scanner.array { scanner throws(JSONProblem) in input.shape.append(try scanner.wholeNumber()) }
        case "data":
          hasData = true
          input.contents = try Self.data(&scanner)
        case "parameters":
          try scanner.object { scanner, key throws(JSONProblem) in
            switch key {
            case "binary_data_size": size = try scanner.wholeNumber()
            case "shared_memory_region":
              refused = .sharedMemory
              try scanner.skipValue()
            default: try scanner.skipValue()
            }
          }
        default: try scanner.skipValue()
        }
      }
      if let refused { refusal = refusal ?? refused }
      if !hasData, size == nil {
        refusal =
          refusal
          ?? ServiceError(
            .invalidArgument, "input \"\(shown(input.name))\": expected data, or binary_data_size among its parameters")
      }
      inputs.append((input, hasData ? nil : size))
      if inputs.count > 16 { refusal = refusal ?? ServiceError(.invalidArgument, "inputs: expected at most 16") }
    }

    /// Numbers or texts, in arrays of arrays or all in one.
    private static func data(_ scanner: inout JSONScanner) throws(JSONProblem) -> InferInput.Contents {
      var (numbers, texts) = ([Float](), [ArraySlice<UInt8>]())
      func element(_ scanner: inout JSONScanner, _ depth: Int) throws(JSONProblem) {
        switch scanner.peek() {
        case UInt8(ascii: "["):
          guard depth < 8 else { throw scanner.problem("data is nested deeper than 8") }
          try scanner.array { scanner throws(JSONProblem) in try element(&scanner, depth + 1) }
        case UInt8(ascii: "\""): texts.append(Array(try scanner.string().utf8)[...])
        default: numbers.append(Float(try scanner.double()))
        }
      }
      try scanner.array { scanner throws(JSONProblem) in try element(&scanner, 1) }
      guard numbers.isEmpty || texts.isEmpty else { throw scanner.problem("data mixes numbers and texts") }
      return texts.isEmpty ? .numbers(numbers) : .elements(texts)
    }

    /// All inputs; those that go as bytes get theirs from the front of what follows the JSON.
    func inputs(binary rest: inout ArraySlice<UInt8>) throws -> [InferInput] {
      try inputs.map { input, size in
        guard let size else { return input }
        guard size <= rest.count else {
          throw ServiceError(
            .invalidArgument,
            "input \"\(shown(input.name))\": binary_data_size is \(size), and \(rest.count) bytes follow the JSON")
        }
        var input = input
        input.contents = .raw(rest.prefix(size))
        rest = rest.dropFirst(size)
        return input
      }
    }
  }

  extension RequestedOutput {
    fileprivate init(_ scanner: inout JSONScanner, _ refusal: inout ServiceError?) throws(JSONProblem) {
      var (output, refused) = (RequestedOutput(name: ""), ServiceError?.none)
      try scanner.object { scanner, key throws(JSONProblem) in
        switch key {
        case "name": output.name = try scanner.string()
        case "parameters":
          try scanner.object { scanner, key throws(JSONProblem) in
            switch key {
            case "classification": output.classification = try scanner.wholeNumber()
            case "binary_data": output.binary = try scanner.bool()
            case "shared_memory_region":
              refused = .sharedMemory
              try scanner.skipValue()
            default: try scanner.skipValue()
            }
          }
        default: try scanner.skipValue()
        }
      }
      if let refused { refusal = refusal ?? refused }
      self = output
    }
  }

  // MARK: - Answers

  extension InferResponse {
    /// The JSON, and the bytes that follow it where an output goes as bytes.
    func encoded() -> (json: [UInt8], binary: [UInt8]?) {
      var binary: [UInt8]?
      let outputs = outputs.map { output -> JSON in
        var members: [(String, JSON)] = [
          ("name", .string(output.name)), ("datatype", .string(output.datatype)),
          ("shape", .array(output.shape.map { .integer($0) })),
        ]
        if output.binary {
          let raw = output.raw
          members.append(("parameters", .object([("binary_data_size", .integer(raw.count))])))
          binary = (binary ?? []) + raw
        } else {
          switch output.contents {
          case .numbers(let values): members.append(("data", .floats(values)))
          case .texts(let texts): members.append(("data", .strings(texts)))
          }
        }
        return .object(members)
      }
      var members: [(String, JSON)] = [
        ("model_name", .string(modelName)), ("model_version", .string(modelVersion)),
      ]
      if let id { members.append(("id", .string(id))) }
      members.append(("outputs", .array(outputs)))
      return (JSON.object(members).bytes, binary)
    }
  }
#endif
