import Foundation
import Testing

@testable import DenseNets

/// Cases that hold a whole network.
extension Fixture {
  /// The network that the file describes in JSON, as make_network_fixtures.py writes it.
  func network() throws -> DenseNet {
    let json = Data(try setting("configuration").utf8)
    return try network(try JSONDecoder().decode(DenseNet.Configuration.self, from: json))
  }

  /// A network with the case's parameters and running statistics.
  func network(_ configuration: DenseNet.Configuration) throws -> DenseNet {
    let net = DenseNet(configuration)
    for (name, parameter) in net.namedParameters { parameter.value = try tensor("parameter.\(name)") }
    for (name, parameter) in net.namedState where has("buffer.\(name)") {
      parameter.value = try tensor("buffer.\(name)")
    }
    return net
  }

  /// Gradients by name; those that are zero in exact arithmetic are compared by value.
  func checkGradients(_ net: DenseNet, tolerance: Double) throws {
    let zeros = Set(try setting("zero_gradients").split(separator: ",").map(String.init))
    #expect(names("gradient.") == net.namedParameters.map(\.name).sorted())
    for (name, parameter) in net.namedParameters {
      if zeros.contains(name) {
        let worst = parameter.gradient.values.reduce(0) { max($0, abs($1)) }
        #expect(worst < 1e-4, "gradient of \(name), zero in exact arithmetic: \(worst)")
      } else {
        // One value that rounding moves across ReLU's kink weighs more in an element than in the whole.
        expectClose(
          parameter.gradient, try tensor("gradient.\(name)"), tolerance, "gradient of \(name)",
          elementTolerance: 5 * tolerance)
      }
    }
  }

  /// Of all gradients together, in norm.
  func gradientError(_ net: DenseNet) throws -> Double {
    var (difference, length) = (0.0, 0.0)
    for (name, parameter) in net.namedParameters {
      for (found, expected) in zip(parameter.gradient.storage, try tensor("gradient.\(name)").storage) {
        difference += Double(found - expected) * Double(found - expected)
        length += Double(expected) * Double(expected)
      }
    }
    return (difference / length).squareRoot()
  }

  /// Running statistics, of which the file has those under `prefix`.
  func checkStatistics(_ net: DenseNet, _ prefix: String, tolerance: Double) throws {
    let found = net.namedState.filter { has("\(prefix).\($0.name)") }
    #expect(found.map(\.name).sorted() == names("\(prefix)."))
    for (name, parameter) in found {
      expectClose(parameter.value, try tensor("\(prefix).\(name)"), tolerance, "\(prefix).\(name)")
    }
  }
}
