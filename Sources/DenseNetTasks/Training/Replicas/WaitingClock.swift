import DenseNets

/// What share of the time of training, evaluation left out, replicas wait for each other.
final class WaitingClock {
  private let replicas: any Replicas
  private var began: (time: ContinuousClock.Instant, waited: Double)?
  private var seconds = 0.0
  private var waited = 0.0

  init(_ replicas: any Replicas) { self.replicas = replicas }

  func start() { began = (.now, replicas.secondsWaited) }

  func stop() {
    guard let began else { return }
    seconds += (ContinuousClock.now - began.time).inSeconds
    waited += replicas.secondsWaited - began.waited
    self.began = nil
  }

  /// 0 to 1, the mean over all replicas, which all ask for it.
  var share: Double {
    stop()
    var sum = [waited / max(seconds, 1e-9)]
    replicas.sum(&sum)
    return sum[0] / Double(replicas.count)
  }
}
