#if Serve
  extension OpenAPI {
    static var schemas: [(String, JSON)] {
      [
        ("Error", object(["error": string])),
        ("Empty", .object([("type", .string("object"))])),
        ("Description", .object([("type", .string("object"))])),
        ("Live", object(["live": boolean])),
        ("Ready", object(["ready": boolean])),
        ("ServerMetadata", object(["name": string, "version": string, "extensions": array(string)])),
        ("ModelList", object(["models": array(string)])),
        ("ModelReady", object(["name": string, "ready": boolean])),
        (
          "ModelMetadata",
          object(
            [
              "name": string, "versions": array(string), "platform": string,
              "inputs": array(reference("TensorMetadata")),
              "outputs": array(reference("TensorMetadata")), "parameters": reference("ModelParameters"),
            ])
        ),
        ("TensorMetadata", object(["name": string, "datatype": string, "shape": array(integer)])),
        (
          "ModelParameters",
          object(
            [
              "architecture": string,
              "kind": .object([("type", .string("string")), ("enum", .strings(["classes", "labels"]))]),
              "classes": array(string), "takes_pictures": boolean,
            ], optional: ["thresholds": array(number), "input_size": array(integer)])
        ),
        ("ModelConfiguration", object(["name": string, "max_batch_size": integer])),
        ("Statistics", object(["model_stats": array(.object([("type", .string("object"))]))])),
        ("RepositoryIndexRequest", object([:], optional: ["ready": boolean])),
        ("RepositoryModelRequest", object([:], optional: ["parameters": .object([("type", .string("object"))])])),
        (
          "RepositoryIndex",
          array(object(["name": string, "version": string, "state": string, "reason": string]))
        ),
        ("InferenceRequest", inferenceRequest),
        (
          "InferenceResponse",
          object(
            [
              "model_name": string, "model_version": string,
              "outputs": array(object(["name": string, "datatype": string, "shape": array(integer)])),
            ], optional: ["id": string])
        ),
        ("Prediction", prediction),
      ]
    }

    private static var inferenceRequest: JSON {
      let input = object(
        ["name": string, "datatype": string, "shape": array(whole)],
        optional: [
          "data": array(.object([])), "parameters": object([:], optional: ["binary_data_size": whole]),
        ])
      let output = object(
        ["name": string],
        optional: ["parameters": object([:], optional: ["classification": whole, "binary_data": boolean])])
      return object(
        ["inputs": array(input)],
        optional: [
          "id": string, "outputs": array(output),
          "parameters": object([:], optional: ["binary_data_output": boolean, "timeout": whole]),
        ])
    }

    private static var prediction: JSON {
      object(
        ["model": string, "milliseconds": number],
        optional: [
          "predictions": array(object(["class": string, "index": integer, "probability": number])),
          "labels": array(
            object(["label": string, "index": integer, "probability": number, "decision": boolean, "threshold": number])
          ),
          "cam": string, "cam_class": integer, "cam_region": array(number),
        ])
    }

    private static let string = JSON.object([("type", .string("string"))])
    private static let boolean = JSON.object([("type", .string("boolean"))])
    private static let integer = JSON.object([("type", .string("integer"))])
    private static let number = JSON.object([("type", .string("number"))])
    private static let whole = JSON.object([("type", .string("integer")), ("minimum", .integer(0))])

    private static func array(_ element: JSON) -> JSON {
      .object([("type", .string("array")), ("items", element)])
    }

    private static func object(_ members: [String: JSON], optional: [String: JSON] = [:]) -> JSON {
      let all = members.merging(optional) { $1 }.sorted { $0.key < $1.key }
      return .object([
        ("type", .string("object")), ("properties", .object(all.map { ($0.key, $0.value) })),
        ("required", .strings(members.keys.sorted())),
      ])
    }
  }
#endif
