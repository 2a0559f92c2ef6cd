package import DenseNets
package import Foundation

/// A value that a ``ModelCard`` holds as JSON.
///
/// A file may hold JSON that makes no such value. That matters to nobody who does not ask, so ``value`` throws then, and
/// the JSON is kept unchanged when the card is written again.
public struct CardEntry<Value: Codable & Equatable & Sendable>: Sendable {
  /// The JSON: as the file has it, and with sorted keys otherwise.
  package let json: String
  private let result: Result<Value, Failure>

  public init(_ value: Value) {
    json = sortedJSON(value)
    result = .success(value)
  }

  init(json: String, _ read: (Data) throws(Failure) -> Value) {
    self.json = json
    do { result = .success(try read(Data(json.utf8))) } catch { result = .failure(error) }
  }

  /// The value.
  /// - Throws: `Failure(.invalidData)` where the file holds no such value.
  public var value: Value {
    get throws(Failure) { try result.get() }
  }
}

extension CardEntry: Equatable {
  /// Whether the values are equal, or the JSON where there are none.
  public static func == (left: Self, right: Self) -> Bool {
    guard let left = try? left.value, let right = try? right.value else { return left.json == right.json }
    return left == right
  }
}

extension DenseNet.Configuration {
  /// Reads JSON.
  /// - Parameter source: the JSON's file for messages.
  /// - Throws: `Failure(.invalidData)` where it is no network's.
  package init(json: Data, source: String) throws(Failure) {
    do { self = try JSONDecoder().decode(Self.self, from: json) } catch {
      throw Failure(.invalidData, "\(source): invalid network configuration: \(decodingProblem(error)); correct it")
    }
  }
}

extension Preprocessing {
  /// Reads the JSON of a weights file.
  /// - Parameter source: the file's name for messages.
  /// - Throws: `Failure(.invalidData)` where it makes no sense.
  init(json: Data, source: String) throws(Failure) {
    let remedy = "correct the file's metadata, or convert the weights again"
    do { self = try JSONDecoder().decode(Self.self, from: json) } catch let failure as Failure {
      throw Failure(.invalidData, "\(source): \(failure); \(remedy)")
    } catch {
      throw Failure(
        .invalidData, "\(source): its preprocessing cannot be read: \(decodingProblem(error)); \(remedy)")
    }
  }
}
