#if Serve
  import DenseNets
  import Foundation
  import SwiftProtobuf

  @testable import DenseNetServer

  /// What clients send.
  let serverTargets = [
    // Bytes may follow the JSON: its length stands in the first two.
    FuzzTarget("infer-json") { bytes in
      guard bytes.count >= 2 else { return }
      let length = Int(bytes[0]) | Int(bytes[1]) << 8
      let request = try InferRequest(
        modelName: "tiny", modelVersion: nil, body: Array(bytes.dropFirst(2)),
        headerLength: length == 0xffff ? nil : length, sample: (shape: [1, 2, 2], bytes: 16))
      try readInputs(of: request)
    },
    FuzzTarget("infer-grpc") { bytes in
      let message = try ProtobufDeserializer<Inference_ModelInferRequest>().deserialize(bytes)
      _ = message.contentSize
      try readInputs(of: try InferRequest(message))
    },
    FuzzTarget("repository-request") { bytes in
      _ = try RepositoryRequest(index: bytes)
      try RepositoryRequest.requireNoFiles(bytes)
    },
    // The first byte says which coding.
    FuzzTarget("packed-body") { bytes in
      let limit = 1 << 18
      let coding: ContentCoding = bytes.first == UInt8(ascii: "d") ? .deflate : .gzip
      let body = try coding.unpacked(Array(bytes.dropFirst()), limit: limit)
      require(body.count <= limit, "a body of \(body.count) bytes")
      require(try! coding.unpacked(coding.packed(body)!, limit: limit) == body, "another body is packed")
    },
    // A header a line.
    FuzzTarget("headers") { bytes in
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let hosts = OwnHosts(bound: "127.0.0.1", machine: "machine", others: ["example.org"])
      for line in lines {
        _ = ContentCoding(accepted: String(line))
        let isRight = BearerToken.matches(Array(line.utf8), token)
        require(!isRight || line.utf8.count >= token.count + 7, "a short header has the token: \(line)")
      }
      try hosts.require(lines.first.map(String.init))
    },
  ]

  private let token = Array("0123456789abcdef".utf8)

  private func readInputs(of request: InferRequest) throws {
    for input in request.inputs {
      let content = try InputContent(input, channels: 1, size: nil, minimumSide: 1, largestBatch: 8)
      require((1...8).contains(content.count), "\(content.count) images")
    }
  }

  func isServiceError(_ error: any Error) -> Bool { error is ServiceError || error is RPCError }
#else
  let serverTargets: [FuzzTarget] = []

  func isServiceError(_ error: any Error) -> Bool { false }
#endif
