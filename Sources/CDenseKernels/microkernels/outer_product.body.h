// The second of the two loops in which a network's time goes, with accumulators in registers as in dot_product.body.h.

/// dw[n, 16 * vectors] += sum over images, rows and columns of a[.., 0..<n] (outer product) dy[.., :].
ALWAYS_INLINE void NAME(outer_product_n)(const int n, const int vectors, float *restrict dw, int w_stride, const float *a,
                                         ptrdiff_t a_image, ptrdiff_t a_row, ptrdiff_t a_step, const float *dy,
                                         ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step, int images, int rows,
                                         int columns) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = LOAD(dw + i * w_stride + v * DENSE_LANES);
  }
  for (int m = 0; m < images; m++) {
    for (int r = 0; r < rows; r++) {
      const float *ap = a + m * a_image + r * a_row, *dp = dy + m * dy_image + r * dy_row;
      NOT_UNROLLED for (int c = 0; c < columns; c++) {
        vf gradient[DENSE_VECTORS];
        FULLY_UNROLLED for (int v = 0; v < vectors; v++) gradient[v] = LOAD(dp + v * DENSE_LANES);
        FULLY_UNROLLED for (int i = 0; i < n; i++) {
          const vf x = SPLAT(ap[i]);
          FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] += x * gradient[v];
        }
        ap += a_step;
        dp += dy_step;
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(dw + i * w_stride + v * DENSE_LANES, acc[i][v]);
  }
}

/// The weight gradient of `length` consecutive packed weights of one block, over images x rows x columns pixels.
static void NAME(outer_product)(int length, int width, float *dw, const float *a, ptrdiff_t a_image, ptrdiff_t a_row,
                                ptrdiff_t a_step, const float *dy, ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step,
                                int images, int rows, int columns) {
  const int groups = (length + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (length + groups - 1) / groups;
  for (int j = 0; j < length; j += step) {
    const int n = min_int(step, length - j);
#if DENSE_VECTORS == 2
    if (width == 2 * DENSE_LANES) {
      switch (n) {
        UNROLL(outer_product_n, 2, dw + j * width, width, a + j, a_image, a_row, a_step, dy, dy_image, dy_row, dy_step,
               images, rows, columns)
      }
      continue;
    }
#endif
    for (int k = 0; k < width; k += DENSE_LANES) {
      switch (n) {
        UNROLL(outer_product_n, 1, dw + j * width + k, width, a + j, a_image, a_row, a_step, dy + k, dy_image, dy_row,
               dy_step, images, rows, columns)
      }
    }
  }
}

#ifdef DENSE_NATIVE_BF16
/// Pairs of pixels as bf16, [pixel / 2, channel, pixel % 2]; an odd last pixel is paired with zeros.
/// `pairs` may begin where `pixels` does.
static void NAME(pair_pixels)(uint16_t *pairs, const float *pixels, int count, int channels) {
  const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                               21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (int p = 0; p < count; p += 2, pixels += 2 * channels) {
    for (int c = 0; c < channels; c += DENSE_LANES, pairs += 2 * DENSE_LANES) {
      const vf even = LOAD(pixels + c), odd = p + 1 < count ? LOAD(pixels + channels + c) : SPLAT(0.0f);
      const __m512bh both = _mm512_cvtne2ps_pbh((__m512)odd, (__m512)even);
      _mm512_storeu_si512(pairs, _mm512_permutexvar_epi16(interleaved, (__m512i)both));
    }
  }
}

/// dw[n, 16 * vectors] += sum over pairs of pixels of a[.., 0..<n] (outer product) dy[.., :], steps in bf16.
ALWAYS_INLINE void NAME(outer_product_pairs_n)(const int n, const int vectors, float *restrict dw, int w_stride,
                                               const uint16_t *a, ptrdiff_t a_step, const uint16_t *dy,
                                               ptrdiff_t dy_step, int pairs) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = LOAD(dw + i * w_stride + v * DENSE_LANES);
  }
  NOT_UNROLLED for (int p = 0; p < pairs; p++) {
    __m512bh gradient[DENSE_VECTORS];
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) gradient[v] = (__m512bh)_mm512_loadu_si512(dy + v * 2 * DENSE_LANES);
    FULLY_UNROLLED for (int i = 0; i < n; i++) {
      int32_t pair;
      memcpy(&pair, a + 2 * i, sizeof pair);
      const __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = (vf)_mm512_dpbf16_ps((__m512)acc[i][v], x, gradient[v]);
    }
    a += a_step;
    dy += dy_step;
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(dw + i * w_stride + v * DENSE_LANES, acc[i][v]);
  }
}

/// The weight gradient of a 1x1 convolution's block of `width` output channels, from pairs of pixels.
static void NAME(outer_product_pairs)(int channels, int width, float *dw, const uint16_t *a, const uint16_t *dy,
                                      int out_channels, int pairs) {
  const int groups = (channels + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (channels + groups - 1) / groups;
  for (int j = 0; j < channels; j += step) {
    const int n = min_int(step, channels - j);
    if (width == 2 * DENSE_LANES) {
      switch (n) { UNROLL(outer_product_pairs_n, 2, dw + j * width, width, a + 2 * j, 2 * channels, dy, 2 * out_channels, pairs) }
      continue;
    }
    switch (n) { UNROLL(outer_product_pairs_n, 1, dw + j * width, width, a + 2 * j, 2 * channels, dy, 2 * out_channels, pairs) }
  }
}
#endif
