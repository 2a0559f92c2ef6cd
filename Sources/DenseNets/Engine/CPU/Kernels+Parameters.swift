internal import CDenseKernels

extension Kernels {
  /// Output channels `range` of `weight` (storage order) into the packed order, for a convolution that reads a map (or,
  /// `transposed`, a gradient) of `precision`.
  func pack(
    _ packed: Buffer<Float>, _ weight: [Float], _ layout: WeightLayout, transposed: Bool, _ precision: Precision,
    range: Range<Int>
  ) {
    precondition(weight.count == layout.count && packed.count >= layout.packedCount)
    precondition(range.upperBound <= layout.outChannels)
    withUnsafePointer(to: layout.c) { l in
      weight.withUnsafeBufferPointer { w in
        let table = self.table(precision)
        let pack = transposed ? table.pointee.pack_weights_transposed : table.pointee.pack_weights
        pack!(packed.base, w.baseAddress, l, Int32(range.lowerBound), Int32(range.upperBound))
      }
    }
  }

  /// The sum of `chunks` packed gradients, in the storage order of the weight; on all threads of `device`.
  func unpack(_ gradient: inout [Float], _ packed: Slice, chunks: Int, _ layout: WeightLayout, device: Device) {
    precondition(gradient.count == layout.count)
    let sums = packed.pointer(chunks * layout.packedCount)
    let step = 16
    gradient.withUnsafeMutableBufferPointer { g in
      nonisolated(unsafe) let (target, sums) = (g.baseAddress!, sums)
      device.run((layout.inChannels + step - 1) / step) { item, _ in
        withUnsafePointer(to: layout.c) { l in
          table.pointee.unpack_gradient(
            target, sums, Int32(chunks), layout.packedCount, l, Int32(item * step),
            Int32(min((item + 1) * step, layout.inChannels)))
        }
      }
    }
  }

  /// - Parameter velocity: empty without momentum.
  func sgdStep(
    _ weight: inout [Float], velocity: inout [Float], gradient: [Float], _ options: SGDKernelOptions, device: Device
  ) {
    let count = weight.count
    precondition(count == gradient.count && (options.momentum == 0 || velocity.count == count))
    let o = dense_sgd(
      lr: options.learningRate, momentum: options.momentum, dampening: options.dampening,
      weight_decay: options.weightDecay, nesterov: options.nesterov ? 1 : 0, first: options.isFirst ? 1 : 0)
    weight.withUnsafeMutableBufferPointer { w in
      velocity.withUnsafeMutableBufferPointer { v in
        gradient.withUnsafeBufferPointer { g in
          nonisolated(unsafe) let (w, v, g) = (w.baseAddress, v.baseAddress, g.baseAddress)
          device.runParameters(count) { first, count in
            var o = o
            table.pointee.sgd_step(w.map { $0 + first }, v.map { $0 + first }, g.map { $0 + first }, count, &o)
          }
        }
      }
    }
  }

  func adamStep(
    _ weight: inout [Float], mean: inout [Float], square: inout [Float], gradient: [Float],
    _ options: AdamKernelOptions, device: Device
  ) {
    let count = weight.count
    precondition(count == gradient.count && count == mean.count && count == square.count)
    let o = dense_adam(
      step_size: options.stepSize, new_mean: options.newMean, kept_square: options.keptSquare,
      new_square: options.newSquare, square_scale: options.squareScale, epsilon: options.epsilon,
      weight_decay: options.weightDecay, shrink: options.shrink)
    weight.withUnsafeMutableBufferPointer { w in
      mean.withUnsafeMutableBufferPointer { m in
        square.withUnsafeMutableBufferPointer { v in
          gradient.withUnsafeBufferPointer { g in
            nonisolated(unsafe) let (w, m, v, g) = (w.baseAddress!, m.baseAddress!, v.baseAddress!, g.baseAddress!)
            device.runParameters(count) { first, count in
              var o = o
              table.pointee.adam_step(w + first, m + first, v + first, g + first, count, &o)
            }
          }
        }
      }
    }
  }
}

extension WeightLayout {
  var c: dense_weight_layout {
    dense_weight_layout(
      out_channels: Int32(outChannels), in_channels: Int32(inChannels), out_padded: Int32(outPadded),
      in_padded: Int32(inPadded), kernel_h: Int32(kernel.height), kernel_w: Int32(kernel.width),
      in_map: inMap.map { UnsafePointer($0.base) }, winograd: Int32(algorithm.side))
  }
}
