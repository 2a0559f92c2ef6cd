// The first of the two loops in which a network's time goes. It keeps `n` x `vectors` accumulators in registers (see
// foreach_isa.h for the budget) and does one multiply-add per product, with no other traffic than its operands.

/// out[n, 16 * vectors] (+)= for each of n pixels: sum over r < rows, j < length of pixel[r * row_stride + j] * w[r, j, :].
///
/// A kernel row of a channels-last convolution, (column, channel), is contiguous in the input; so a convolution of
/// any kernel size, stride and pixel order is this loop.
ALWAYS_INLINE void NAME(dot_product_n)(const int n, const int vectors, float *restrict out, int out_stride, int accumulate,
                                       const float *const *pixel, int rows, ptrdiff_t row_stride, int length,
                                       const float *restrict w, int w_stride) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) {
      acc[i][v] = accumulate ? LOAD(out + i * out_stride + v * DENSE_LANES) : SPLAT(0.0f);
    }
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t begin = r * row_stride, end = begin + length;
    NOT_UNROLLED for (ptrdiff_t j = begin; j < end; j++) {
      vf weight[DENSE_VECTORS];
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) weight[v] = LOAD(w + v * DENSE_LANES);
      w += w_stride;
      FULLY_UNROLLED for (int i = 0; i < n; i++) {
        const vf a = SPLAT(pixel[i][j]);
        FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] += a * weight[v];
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(out + i * out_stride + v * DENSE_LANES, acc[i][v]);
  }
}

/// One block of up to DENSE_BLOCK output channels (`width` of them) for n pixels: out[n, width].
static void NAME(dot_product)(int n, int width, float *out, int accumulate, const float *const *pixel, int rows,
                              ptrdiff_t row_stride, int length, const float *w) {
#if DENSE_VECTORS == 2
  if (width == 2 * DENSE_LANES) {
    switch (n) { UNROLL(dot_product_n, 2, out, width, accumulate, pixel, rows, row_stride, length, w, width) }
    return;
  }
#endif
  for (int k = 0; k < width; k += DENSE_LANES) {
    switch (n) { UNROLL(dot_product_n, 1, out + k, width, accumulate, pixel, rows, row_stride, length, w + k, width) }
  }
}

#ifdef DENSE_NATIVE_BF16
/// The same for pairs of bf16, two products a lane: `length` is even, and weights lie as [r, j / 2, output, j % 2].
ALWAYS_INLINE void NAME(dot_product_pairs_n)(const int n, const int vectors, float *restrict out, int out_stride,
                                             const uint16_t *const *pixel, int rows, ptrdiff_t row_stride, int length,
                                             const uint16_t *restrict w, int w_stride) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = SPLAT(0.0f);
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t begin = r * row_stride, end = begin + length;
    NOT_UNROLLED for (ptrdiff_t j = begin; j < end; j += 2) {
      __m512bh weight[DENSE_VECTORS];
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) weight[v] = (__m512bh)_mm512_loadu_si512(w + v * 2 * DENSE_LANES);
      w += w_stride;
      FULLY_UNROLLED for (int i = 0; i < n; i++) {
        int32_t pair;
        memcpy(&pair, pixel[i] + j, sizeof pair);
        const __m512bh a = (__m512bh)_mm512_set1_epi32(pair);
        FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = (vf)_mm512_dpbf16_ps((__m512)acc[i][v], a, weight[v]);
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(out + i * out_stride + v * DENSE_LANES, acc[i][v]);
  }
}
#endif

/// The dot-product loop of a direct convolution.
ALWAYS_INLINE void NAME(dot_product_operands)(int n, int width, float *out, const OPERAND *const *pixel, int rows,
                                              ptrdiff_t row_stride, int length, const OPERAND *w) {
#ifdef DENSE_NATIVE_BF16
  if (width == 2 * DENSE_LANES) {
    switch (n) { UNROLL(dot_product_pairs_n, 2, out, width, pixel, rows, row_stride, length, w, 2 * width) }
    return;
  }
  switch (n) { UNROLL(dot_product_pairs_n, 1, out, width, pixel, rows, row_stride, length, w, 2 * width) }
#else
  NAME(dot_product)(n, width, out, 0, pixel, rows, row_stride, length, w);
#endif
}
