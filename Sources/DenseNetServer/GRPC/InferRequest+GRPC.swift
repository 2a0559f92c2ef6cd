#if Serve
  import Foundation
  import SwiftProtobuf

  /// An inference request as gRPC carries it: values in the tensors themselves, or all of them as bytes beside these.
  extension InferRequest {
    /// - Throws: `ServiceError` with what is wrong and where.
    init(_ message: Inference_ModelInferRequest) throws(ServiceError) {
      self.init(modelName: message.modelName, modelVersion: message.modelVersion)
      id = message.id.isEmpty ? nil : message.id
      timeout = try message.timeout
      let raw = message.rawInputContents
      guard raw.isEmpty || raw.count == message.inputs.count else {
        throw ServiceError(
          .invalidArgument,
          "raw_input_contents: expected one for each input, which are \(message.inputs.count), found \(raw.count)")
      }
      for (index, tensor) in message.inputs.enumerated() {
        inputs.append(try InferInput(tensor, raw: raw.isEmpty ? nil : raw[index]))
      }
      for output in message.outputs { outputs.append(try RequestedOutput(output)) }
    }
  }

  extension Inference_ModelInferRequest {
    /// Bytes of all values.
    var contentSize: Int {
      rawInputContents.reduce(0) { $0 + $1.count }
        + inputs.reduce(0) {
          $0 + 4 * $1.contents.fp32Contents.count + $1.contents.bytesContents.reduce(0) { $0 + $1.count }
        }
    }

    /// Triton's own default is 0: none.
    fileprivate var timeout: Duration? {
      get throws(ServiceError) {
        guard let microseconds = try parameters["timeout"]?.wholeNumber("timeout"), microseconds > 0 else { return nil }
        return .microseconds(Int64(min(microseconds, 1 << 50)))
      }
    }
  }

  extension Inference_InferParameter {
    fileprivate func wholeNumber(_ name: String) throws(ServiceError) -> Int {
      switch parameterChoice {
      case .int64Param(let value) where value >= 0: return Int(value)
      case .uint64Param(let value): return Int(clamping: value)
      default:
        throw ServiceError(.invalidArgument, "parameters: expected a whole number for \"\(name)\", found another value")
      }
    }
  }

  extension [String: Inference_InferParameter] {
    fileprivate func requireNoSharedMemory() throws(ServiceError) {
      if self["shared_memory_region"] != nil { throw .sharedMemory }
    }
  }

  extension InferInput {
    fileprivate init(_ tensor: Inference_ModelInferRequest.InferInputTensor, raw: Data?) throws(ServiceError) {
      try tensor.parameters.requireNoSharedMemory()
      let (numbers, elements) = (tensor.contents.fp32Contents, tensor.contents.bytesContents)
      let contents: Contents
      if let raw {
        guard numbers.isEmpty, elements.isEmpty else {
          throw ServiceError(
            .invalidArgument,
            "input \"\(shown(tensor.name))\": expected no contents beside raw_input_contents, found some")
        }
        contents = .raw([UInt8](raw)[...])
      } else if tensor.datatype == "BYTES" {
        contents = .elements(elements.map { [UInt8]($0)[...] })
      } else {
        contents = .numbers(numbers)
      }
      self.init(
        name: tensor.name, datatype: tensor.datatype, shape: tensor.shape.map { Int($0) }, contents: contents)
    }
  }

  extension RequestedOutput {
    fileprivate init(_ output: Inference_ModelInferRequest.InferRequestedOutputTensor) throws(ServiceError) {
      try output.parameters.requireNoSharedMemory()
      self.init(
        name: output.name, classification: try output.parameters["classification"]?.wholeNumber("classification"))
    }
  }

  // MARK: - Answers

  extension Inference_ModelInferResponse {
    /// Outputs go as bytes, as from Triton, whatever the inputs came as.
    init(_ response: InferResponse) {
      self.init()
      (modelName, modelVersion, id) = (response.modelName, response.modelVersion, response.id ?? "")
      for output in response.outputs {
        var tensor = InferOutputTensor()
        (tensor.name, tensor.datatype, tensor.shape) = (output.name, output.datatype, output.shape.map { Int64($0) })
        outputs.append(tensor)
        rawOutputContents.append(Data(output.raw))
      }
    }
  }

  extension SwiftProtobuf.Message {
    /// The protocol's JSON is that of its messages in protobuf. What JSON has beyond them is left out.
    init(_ json: JSON) throws {
      var options = JSONDecodingOptions()
      options.ignoreUnknownFields = true
      try self.init(jsonUTF8Bytes: json.bytes, options: options)
    }
  }
#endif
