#if Serve
  import DenseNetIO
  import Foundation
  import Synchronization

  /// `GET /metrics` in Prometheus' text format.
  extension ModelServer {
    var prometheusText: String {
      var text = PrometheusText()
      let answers = metrics.http.answers.withLock { $0 }
      text.begin("densenet_http_requests_total", "counter", "Answered requests.")
      for (answer, count) in answers.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
        text.add(count, [("route", answer.route), ("method", answer.method), ("status", "\(answer.status)")])
      }
      text.begin("densenet_http_request_seconds", "histogram", "Time from a request's head to its answer.")
      for (route, histogram) in metrics.http.latencies.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
        text.add(histogram, [("route", route)])
      }
      addCalls(&text)
      text.begin("densenet_requests_in_progress", "gauge", "Requests that are not answered yet.")
      text.add(lifecycle.requests)
      text.begin("densenet_queue_images", "gauge", "Images of requests that are accepted and not answered yet.")
      text.add(scheduler.accepted)
      text.begin("densenet_queue_capacity_images", "gauge", "Images that the queue holds at most.")
      text.add(scheduler.capacity)
      text.begin("densenet_queue_refusals_total", "counter", "Requests that found the queue full.")
      text.add(metrics.refusals.value)
      text.begin("densenet_queue_seconds", "histogram", "Time that requests waited for the network.")
      text.add(metrics.waiting)
      text.begin("densenet_decode_seconds", "histogram", "Time to decode and prepare a request's pictures.")
      text.add(metrics.decoding)
      text.begin("densenet_inference_seconds", "histogram", "Time of a pass through a network.")
      text.add(metrics.passes.seconds)
      text.begin("densenet_batch_images", "histogram", "Images of a pass.")
      text.add(metrics.passes.images)
      addModels(&text)
      addProcess(&text)
      return text.text
    }

    private func addCalls(_ text: inout PrometheusText) {
      text.begin("densenet_grpc_requests_total", "counter", "Answered calls over gRPC.")
      let answers = metrics.grpc.answers.withLock { $0 }
      for (answer, count) in answers.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
        text.add(count, [("method", answer.route), ("code", "\(answer.status)")])
      }
      text.begin("densenet_grpc_request_seconds", "histogram", "Time of a call over gRPC.")
      for (route, histogram) in metrics.grpc.latencies.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
        text.add(histogram, [("method", route)])
      }
    }

    private func addModels(_ text: inout PrometheusText) {
      let all = models.all.flatMap { name, versions in versions.map { (name, $0) } }
      text.begin("densenet_model_ready", "gauge", "Whether a version of a model is in memory.")
      for (name, version) in all {
        text.add(version.model == nil ? 0 : 1, [("model", name), ("version", version.name)])
      }
      text.begin("densenet_model_images_total", "counter", "Images that a model classified.")
      for (name, version) in all {
        text.add(version.statistics.values.images, [("model", name), ("version", version.name)])
      }
      text.begin("densenet_model_failures_total", "counter", "Requests to a model that got an error.")
      for (name, version) in all {
        text.add(version.statistics.values.fail.count, [("model", name), ("version", version.name)])
      }
    }

    private func addProcess(_ text: inout PrometheusText) {
      text.begin("densenet_body_bytes", "gauge", "Bytes of request bodies in memory.")
      text.add(bodies.bytes)
      text.begin("process_resident_memory_bytes", "gauge", "Resident memory.")
      text.add(ProcessMemory.residentBytes())
      text.begin("densenet_peak_resident_memory_bytes", "gauge", "Largest resident memory since the start.")
      text.add(ProcessMemory.peakResidentBytes())
    }
  }

  /// Metrics in Prometheus' text format, one family after another.
  struct PrometheusText {
    private(set) var text = ""
    private var name = ""

    mutating func begin(_ name: String, _ type: String, _ help: String) {
      self.name = name
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func add(_ value: Int, _ labels: [(String, String)] = []) {
      text += "\(name)\(Self.text(of: labels)) \(value)\n"
    }

    mutating func add(_ histogram: Histogram, _ labels: [(String, String)] = []) {
      let values = histogram.values
      var total = 0
      for (bound, count) in zip(histogram.bounds.map { "\($0)" } + ["+Inf"], values.counts) {
        total += count
        text += "\(name)_bucket\(Self.text(of: labels + [("le", bound)])) \(total)\n"
      }
      text += "\(name)_sum\(Self.text(of: labels)) \(values.sum)\n\(name)_count\(Self.text(of: labels)) \(total)\n"
    }

    private static func text(of labels: [(String, String)]) -> String {
      if labels.isEmpty { return "" }
      let list = labels.map { name, value in
        let escaped = value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
          .replacingOccurrences(of: "\n", with: "\\n")
        return "\(name)=\"\(escaped)\""
      }
      return "{\(list.joined(separator: ","))}"
    }
  }
#endif
