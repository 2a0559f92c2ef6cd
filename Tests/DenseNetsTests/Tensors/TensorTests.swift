import Testing

@testable import DenseNets

@Suite struct TensorTests {
  @Test func imagesAreChannelsLastOnlyInside() {
    let x = Tensor(shape: [1, 2, 2, 2], values: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(x.storage == [0, 4, 1, 5, 2, 6, 3, 7])
    #expect(x.values == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(x[0, 1, 0, 1] == 5)
    #expect(Tensor(shape: [1, 2, 2, 2], channelsLast: [0, 4, 1, 5, 2, 6, 3, 7]) == x)
  }

  @Test func copiesAreIndependent() {
    let a = Tensor.zeros([2, 3])
    var b = a
    b[1, 2] = 5
    #expect(a[1, 2] == 0)
    #expect(b[1, 2] == 5)
  }

  @Test func reshapes() {
    let x = Tensor.arange(24)
    #expect(x.reshaped([2, 3, 2, 2])[1, 2, 1, 0] == 22)
    #expect(x.reshaped([2, 3, 2, 2]).reshaped([2, -1])[1, 11] == 23)
    #expect(x.reshaped([2, 3, 2, 2]).reshaped([24]) == x)
    #expect(x.reshaped([2, 3, 2, 2]).reshaped([4, 2, 3, 1]).values == x.values)
  }

  @Test func transposesAndSlices() {
    let x = Tensor.arange(6).reshaped([2, 3])
    #expect(x.transposed.values == [0, 3, 1, 4, 2, 5])
    #expect(x.sliced(1..<3, axis: 1).values == [1, 2, 4, 5])
    #expect(x[1..<2].values == [3, 4, 5])
    let images = Tensor.arange(24).reshaped([2, 3, 2, 2])
    #expect(images.sliced(1..<2, axis: 1).values == [4, 5, 6, 7, 16, 17, 18, 19])
    #expect(x.selected([1, 0, 1]).values == [3, 4, 5, 0, 1, 2, 3, 4, 5])
    #expect(images.selected([1]) == images.sliced(1..<2))
    #expect(images.selected([]).shape == [0, 3, 2, 2])
    #expect(images.transposed([0, 2, 3, 1]).shape == [2, 2, 2, 3])
    #expect(images.transposed([0, 2, 3, 1])[1, 0, 1, 2] == images[1, 2, 0, 1])
  }

  @Test func concatenates() {
    let a = Tensor.arange(4).reshaped([1, 1, 2, 2])
    let b = a + 10
    #expect(Tensor.concatenated([a, b], axis: 1).values == [0, 1, 2, 3, 10, 11, 12, 13])
    #expect(Tensor.concatenated([a, b], axis: 3).values == [0, 1, 10, 11, 2, 3, 12, 13])
    #expect(Tensor.concatenated([a, b], axis: 0).shape == [2, 1, 2, 2])
  }

  @Test func randomIsReproducible() {
    #expect(Tensor.randn([3, 5], seed: 7) == Tensor.randn([3, 5], seed: 7))
    #expect(Tensor.randn([3, 5], seed: 7) != Tensor.randn([3, 5], seed: 8))
    let x = Tensor.randn([100_000], seed: 1)
    #expect(abs(x.mean()) < 0.02)
    #expect(abs((x * x).mean() - 1) < 0.02)
    let u = Tensor.uniform([100_000], in: -2..<6, seed: 1)
    #expect(abs(u.mean() - 2) < 0.05)
    #expect(u.values.allSatisfy { $0 >= -2 && $0 < 6 })
  }

  @Test func arithmetic() {
    let x = Tensor.arange(3)
    #expect((2 * x + 1 - x / 2).values == [1, 2.5, 4])
    #expect((-x * x).values == [0, -1, -4])
    #expect(x.sum() == 3)
    #expect(Tensor(shape: [2, 3], values: [0, 2, 2, 5, 1, 1]).argmaxOfRows() == [1, 0])
    #expect(Tensor.full([1], 4).item == 4)
  }

  @Test func printsAsNumPyDoes() {
    // Each as NumPy 2.4 prints the array of float32.
    #expect("\(Tensor.arange(4).reshaped([2, 2]))" == "[[0. 1.]\n [2. 3.]]")
    #expect("\(Tensor(shape: [3], values: [-1.5, .nan, 10]))" == "[-1.5  nan 10. ]")
    #expect("\(Tensor(shape: [2], values: [0.1, 0.25]))" == "[0.1  0.25]")
    #expect("\(Tensor(shape: [2], values: [1e-5, 1000]))" == "[1.e-05 1.e+03]")
    #expect("\(Tensor(shape: [2], values: [1.5e-5, 1000]))" == "[1.5e-05 1.0e+03]")
    #expect("\(Tensor(shape: [2], values: [-1.5e10, .infinity]))" == "[-1.5e+10      inf]")
    #expect("\(Tensor(shape: [3], values: [0.3745401, 0.9507143, 0.7319939]))" == "[0.3745401 0.9507143 0.7319939]")
    #expect("\(Tensor.zeros([2000]))" == "[0. 0. 0. ... 0. 0. 0.]")
    #expect("\(Tensor.arange(8).reshaped([2, 2, 2]))" == "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]")
    #expect("\(Tensor(shape: [], values: [3]))" == "3.0")
    #expect("\(Tensor.zeros([0]))" == "[]")
  }

  /// Gradients of a pass that has been overwritten would be plausible and wrong.
  @Test func backwardFollowsTraining() async {
    await #expect(processExitsWith: .failure) { trainInferBackward(BatchNorm2d(16)) }
    await #expect(processExitsWith: .failure) {
      trainInferBackward(DenseBlock(layers: 1, inputChannels: 16, growthRate: 4))
    }
    await #expect(processExitsWith: .failure) { trainInferBackward(Transition(inputChannels: 16, outputChannels: 4)) }
    await #expect(processExitsWith: .failure) {
      trainInferBackward(DenseNet(.init(inputChannels: 16, initialFeatures: 4, growthRate: 4, blockLayers: [1])))
    }
  }

  @Test func wrongUseEndsTheProgram() async {
    await #expect(processExitsWith: .failure) { _ = Tensor(shape: [2, 2], values: [1]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 2])[2, 0] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]) + Tensor.zeros([3, 2]) }
    await #expect(processExitsWith: .failure) { _ = Conv2d(3, 4, kernelSize: 3)(Tensor.zeros([1, 2, 8, 8])) }
    await #expect(processExitsWith: .failure) { _ = Conv2d(3, 4, kernelSize: 9)(Tensor.zeros([1, 3, 8, 8])) }
    await #expect(processExitsWith: .failure) {
      _ = Conv2d(1, 1, kernelSize: 3, stride: 2)(Tensor.zeros([1, 1, 2, 2]))
    }
    await #expect(processExitsWith: .failure) { _ = ReLU().backward(Tensor.zeros([1])) }
    await #expect(processExitsWith: .failure) {
      _ = BatchNorm2d(3).forward(Tensor.zeros([1, 3, 1, 1]), mode: .training)
    }
  }
}

private func trainInferBackward(_ layer: any Layer) {
  let x = Tensor.randn([2, 16, 8, 8])
  let y = layer.forward(x, mode: .training)
  _ = layer.forward(x, mode: .inference)
  _ = layer.backward(y)
}
