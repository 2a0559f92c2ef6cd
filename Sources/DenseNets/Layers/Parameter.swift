/// A tensor that training changes, and its gradient after a backward pass.
///
/// Zeros that have not been read or written take no memory: neither the gradients of an inference-only network, nor
/// values that are about to be loaded.
public final class Parameter {
  /// The shape of the value and of the gradient.
  public let shape: [Int]
  /// Its values.
  public var count: Int { shape.reduce(1, *) }
  private var storedValue: Tensor?
  private var storedGradient: Tensor?

  public init(_ value: Tensor) {
    shape = value.shape
    storedValue = value
  }

  /// Of zeros.
  init(zeros shape: [Int]) { self.shape = shape }

  /// - Precondition: a new value has the parameter's shape.
  public var value: Tensor {
    get {
      fill(&storedValue)
      return storedValue!
    }
    // In place: a getter and a setter would copy the tensor for every element that is set.
    _modify {
      fill(&storedValue)
      yield &storedValue!
    }
    set {
      precondition(newValue.shape == shape, "a parameter of shape \(shape) cannot become one of \(newValue.shape)")
      storedValue = newValue
    }
  }

  /// Of ``shape``; zeros before the first backward pass.
  public var gradient: Tensor {
    get {
      fill(&storedGradient)
      return storedGradient!
    }
    _modify {
      fill(&storedGradient)
      yield &storedGradient!
    }
    set { storedGradient = newValue }
  }

  private func fill(_ tensor: inout Tensor?) { if tensor == nil { tensor = .zeros(shape) } }
}
