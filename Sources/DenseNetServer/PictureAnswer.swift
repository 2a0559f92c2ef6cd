#if Serve
  import DenseNetData
  import DenseNetTasks
  import DenseNets
  import Foundation

  /// What `POST /predict` answers.
  struct PictureAnswer: Sendable {
    let model: String
    /// The most probable first; nil where a picture has several labels.
    let predictions: [ClassProbability]?
    /// In the network's order.
    let labels: [ClassProbability]?
    let thresholds: [Double]?
    let milliseconds: Double
    var map: Map?

    /// Where the network looked.
    struct Map: Sendable {
      let png: [UInt8]
      let classIndex: Int
      /// The part of the upright picture that the network saw: left, top, width and height, in shares of its sides.
      let region: [Double]
    }
  }

  /// A request of `POST /predict`.
  struct PictureRequest: Sendable {
    var file: [UInt8]
    /// Nil: the only model.
    var model: String?
    var top = 5
    /// Whether a heat map is wanted, and of which class; nil: the most probable.
    var wantsMap = false
    var mapClass: Int?
  }

  extension ModelServer {
    /// Classifies one picture.
    /// - Throws: `ServiceError`.
    func classify(_ request: PictureRequest) async throws -> PictureAnswer {
      let arrival = ContinuousClock.now
      let model = try models.model(try name(request.model))
      do {
        if let index = request.mapClass, !model.classNames.indices.contains(index) {
          throw ServiceError(
            .invalidArgument, "class: expected an index from 0 to \(model.classNames.count - 1), found \(index)")
        }
        try scheduler.enter(1)
        defer { scheduler.leave(1) }
        let prepared = try await prepare(.pictures([request.file[...]]), model)[0]
        let input = ContinuousClock.now - arrival
        let outputs: Predictor.Outputs = request.wantsMap ? [.logits, .activations] : .logits
        let result = try await compute([prepared.tensor], model, outputs: outputs, deadline: nil)[0]
        let start = ContinuousClock.now
        let logits = Tensor(shape: [1, model.classNames.count], values: result.logits)
        let ranked = try ClassProbability.top(
          request.top, of: logits, thresholds: model.thresholds, names: model.classNames, source: model.name,
          images: ["the picture"])[0]
        let map =
          try await request.wantsMap ? heatMap(of: request.mapClass ?? ranked[0].index, result, prepared, model) : nil
        let now = ContinuousClock.now
        metrics.waiting.record(result.waiting.inSeconds)
        model.statistics.succeeded(
          images: 1, total: now - arrival, input: input, waiting: result.waiting, computing: result.computing,
          output: now - start)
        let hasLabels = model.thresholds != nil
        return PictureAnswer(
          model: model.name, predictions: hasLabels ? nil : ranked,
          labels: hasLabels ? ranked.sorted { $0.index < $1.index } : nil, thresholds: model.thresholds,
          milliseconds: (now - arrival).inSeconds * 1000, map: map)
      } catch {
        model.statistics.failed(total: ContinuousClock.now - arrival)
        throw ServiceError(any: error)
      }
    }

    private func name(_ asked: String?) throws(ServiceError) -> String {
      if let asked, !asked.isEmpty { return asked }
      let names = models.names
      guard names.count == 1 else {
        throw ServiceError(.invalidArgument, "expected ?model=NAME with one of \(names.joined(separator: ", "))")
      }
      return names[0]
    }

    private func heatMap(
      of index: Int, _ result: ComputeResult, _ prepared: PreparedInput, _ model: ServedModel
    ) async throws -> PictureAnswer.Map? {
      guard let activations = result.activations.first, let size = prepared.pictureSize,
        let preprocessing = model.preprocessing
      else { return nil }
      let (height, width) = (prepared.tensor.shape[2], prepared.tensor.shape[3])
      let seen = preprocessing.seenPart(height: size.height, width: size.width)
      let region = [
        seen.columns.lowerBound / Double(size.width), seen.rows.lowerBound / Double(size.height),
        (seen.columns.upperBound - seen.columns.lowerBound) / Double(size.width),
        (seen.rows.upperBound - seen.rows.lowerBound) / Double(size.height),
      ]
      return try await workers.run {
        let map = model.predictor.classActivationMap(of: index, activations, image: 0)
        return PictureAnswer.Map(
          png: try map.colored(height: height, width: width).pngData(), classIndex: index, region: region)
      }
    }
  }
#endif
