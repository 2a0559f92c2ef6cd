import DenseNets

extension Failure {
  /// - Throws: `Failure(.usage)` that names the setting, where its value is less than 1; nil is a setting that is not
  ///   given.
  static func requirePositive(_ value: Int?, _ setting: Setting) throws(Failure) {
    if let value, value < 1 {
      throw Failure(.usage, "\(setting.rawValue): expected 1 or more, found \(value)", settings: [setting])
    }
  }
}
