// What is done to parameters, on all threads.

extension Device {
  /// Calls `body(first, count)` for parts of so many parameters.
  func runParameters(_ count: Int, _ body: (Int, Int) -> Void) {
    let step = Tiling.updatedParameters
    run((count + step - 1) / step) { item, _ in body(item * step, min(step, count - item * step)) }
  }

  /// Stochastic gradient descent; `velocity` is empty without momentum.
  func sgdStep(_ weight: inout [Float], velocity: inout [Float], gradient: [Float], _ options: SGDKernelOptions) {
    kernels.sgdStep(&weight, velocity: &velocity, gradient: gradient, options, device: self)
  }

  /// Adam, and AdamW.
  func adamStep(
    _ weight: inout [Float], mean: inout [Float], square: inout [Float], gradient: [Float], _ options: AdamKernelOptions
  ) {
    kernels.adamStep(&weight, mean: &mean, square: &square, gradient: gradient, options, device: self)
  }
}
