// A stem that pools, over all images, on all threads.

/// What a stem's passes over a batch share.
struct StemPass {
  let shape: StemShape
  let output: MapSlice
  /// `[N, H, W, C]`.
  let input: [Float]
  /// The batch norm's, with the convolution's bias in the shift.
  let affine: Affine
  let weights: Buffer<Float>
}

extension Device {
  /// - Parameters:
  ///   - winners: gets which value of each pooling window it was.
  ///   - moments: gets those of the output, image by image.
  func stemForward(_ pass: StemPass, winners: Bytes?, moments: TileMoments?, images: Int) {
    run(images, scratch: pass.shape.scratchCount) { image, scratch in
      forward(pass, winners: winners.map { Winners(bytes: $0) }, moments: moments, image: image, scratch: scratch)
    }
  }

  /// The same for inference, in bands of rows.
  func stemForward(_ pass: StemPass, bands: StemBands) {
    run(bands.count, scratch: pass.shape.scratchCount) { item, scratch in
      let (image, rows) = bands[item]
      forward(pass, winners: nil, moments: nil, image: image, rows: rows, scratch: scratch)
    }
  }

  /// An image's winners by its forward pass once more; what else that writes, it wrote before.
  func stemWinners(_ pass: StemPass, into winners: Bytes, images: Int) {
    run(images, scratch: pass.shape.scratchCount) { image, scratch in
      let own = Winners(bytes: winners.advanced(by: image * pass.shape.pooledCount), firstImage: image)
      forward(pass, winners: own, moments: nil, image: image, scratch: scratch)
    }
  }

  private func forward(
    _ pass: StemPass, winners: Winners?, moments: TileMoments?, image: Int, rows: Range<Int>? = nil,
    scratch: Buffer<Float>
  ) {
    kernels.stemForward(
      pass.shape, output: pass.output, winners: winners, moments: moments, input: pass.input, affine: pass.affine,
      weights: pass.weights, images: image..<image + 1, rows: rows, scratch: scratch)
  }

  /// Adds the moments of each part's windows to a row of `sums`: of windows, then of their products.
  func stemMoments(_ shape: StemShape, sums: Slice, input x: [Float], center: Buffer<Float>, parts: [Range<Int>]) {
    run(parts.count, scratch: shape.scratchCount) { part, scratch in
      let first = sums.offset + part * (shape.windowCount + shape.productCount)
      kernels.stemMoments(
        shape, sums: Slice(sums.buffer, at: first), products: Slice(sums.buffer, at: first + shape.windowCount),
        input: x, center: center, images: parts[part], scratch: scratch)
    }
  }

  /// Adds each part's products and sums of dz to a row of `sums`.
  /// - Parameters:
  ///   - winners: nil: they are found again, image by image, in scratch behind the shape's own.
  ///   - scratch: floats that every thread needs.
  func stemBackward(
    _ pass: StemPass, sums: Slice, gradient: UnfinishedGradient, winners: Bytes?, center: Buffer<Float>,
    parts: [Range<Int>], scratch count: Int
  ) {
    let shape = pass.shape
    let products = shape.pool.channels * shape.taps
    run(parts.count, scratch: count) { part, scratch in
      let first = sums.offset + part * (products + shape.pool.channels)
      for image in parts[part] {
        let own =
          winners.map { Winners(bytes: $0) }
          ?? Winners(bytes: Bytes(scratch: scratch, at: shape.scratchCount), firstImage: image)
        if winners == nil { forward(pass, winners: own, moments: nil, image: image, scratch: scratch) }
        kernels.stemBackward(
          shape, products: Slice(sums.buffer, at: first), sums: Slice(sums.buffer, at: first + products),
          gradient: gradient, winners: own, input: pass.input, center: center, images: image..<image + 1,
          scratch: scratch)
      }
    }
  }
}
