import DenseNets

extension TrainingOptions.FineTuningOptions {
  /// Freezes what is named, and groups the parameters that are left by their learning rates.
  /// - Throws: `Failure(.usage)` where the network has no such part.
  func apply(to model: DenseNet, weightDecay: Double) throws(Failure) -> [ParameterGroup] {
    do {
      if let freeze { try model.freeze(freeze) }
    } catch { throw Failure(.usage, "\(error)", settings: ["freeze"]) }
    if freezeNorm { model.freezeNorms() }
    let trained = model.trainableParameters
    guard featuresLearningRateScale != 1 else {
      return [ParameterGroup(trained.map(\.parameter), weightDecay: weightDecay)]
    }
    let own = Set(model.classifier.namedParameters.map { ObjectIdentifier($0.parameter) })
    let isClassifier = { (entry: (name: String, parameter: Parameter)) in
      own.contains(ObjectIdentifier(entry.parameter))
    }
    return [
      ParameterGroup(
        trained.filter { !isClassifier($0) }.map(\.parameter), learningRateScale: featuresLearningRateScale,
        weightDecay: weightDecay),
      ParameterGroup(trained.filter(isClassifier).map(\.parameter), weightDecay: weightDecay),
    ]
  }
}
