// The loop of microkernels/dot_product.body.h for bytes: sums of products of integers, exact on every instruction set.

/// out[n, 16 * vectors] = for each of n pixels: sum over r < rows, j < length of pixel[r * row_stride + j] * w[r, j, :].
///
/// `length` is a multiple of DENSE_STEP, and weights lie as [r, j / DENSE_STEP, output, j % DENSE_STEP], `w_stride` values
/// from one step to the next.
ALWAYS_INLINE void NAME(int8_dot_product_n)(const int n, const int vectors, int32_t *restrict out, int out_stride,
                                            const OPERAND *const *pixel, int rows, ptrdiff_t row_stride, int length,
                                            const WEIGHT *restrict w, int w_stride) {
  enum { part = DENSE_LANES / PARTS };  // sums in a register
  REGISTER sum[DENSE_PIXELS][DENSE_VECTORS * PARTS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors * PARTS; v++) sum[i][v] = ZERO_PART;
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t begin = r * row_stride, end = begin + length;
    NOT_UNROLLED for (ptrdiff_t j = begin; j < end; j += DENSE_STEP) {
      REGISTER weight[DENSE_VECTORS * PARTS];
      FULLY_UNROLLED for (int v = 0; v < vectors * PARTS; v++) weight[v] = LOAD_PART(w + v * part * DENSE_STEP);
      w += w_stride;
      FULLY_UNROLLED for (int i = 0; i < n; i++) {
        int32_t step;
        memcpy(&step, pixel[i] + j, sizeof step);
        const REGISTER a = SPLAT_STEP(step);
        FULLY_UNROLLED for (int v = 0; v < vectors * PARTS; v++) sum[i][v] = MULTIPLY_ADD(sum[i][v], a, weight[v]);
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors * PARTS; v++) STORE_PART(out + i * out_stride + v * part, sum[i][v]);
  }
}

/// One block of up to DENSE_BLOCK output channels (`width` of them) for n pixels: out[n, width].
static void NAME(int8_dot_product)(int n, int width, int32_t *out, const OPERAND *const *pixel, int rows,
                                   ptrdiff_t row_stride, int length, const WEIGHT *w) {
#if DENSE_VECTORS == 2
  if (width == 2 * DENSE_LANES) {
    switch (n) { UNROLL(int8_dot_product_n, 2, out, width, pixel, rows, row_stride, length, w, DENSE_STEP * width) }
    return;
  }
#endif
  for (int k = 0; k < width; k += DENSE_LANES) {
    switch (n) {
      UNROLL(int8_dot_product_n, 1, out + k, width, pixel, rows, row_stride, length, w + k * DENSE_STEP, DENSE_STEP * width)
    }
  }
}

/// Independent sums of products from registers: the most that this thread could do.
double NAME(int8_peak)(long repeats) {
  enum { chains = DENSE_PEAK_CHAINS * PARTS };
  REGISTER sum[chains];
  volatile int opaque = 0x01010101;  // nothing to fold at compile time
  REGISTER a = SPLAT_STEP(opaque);
  const REGISTER w = SPLAT_STEP(opaque);
  FULLY_UNROLLED for (int i = 0; i < chains; i++) sum[i] = ZERO_PART;
  NOT_UNROLLED for (long r = 0; r < repeats; r++) {
    FULLY_UNROLLED for (int i = 0; i < chains; i++) {
      KEEP_IN_REGISTER(a);  // products are not those of the last sum
      sum[i] = MULTIPLY_ADD(sum[i], a, w);
      KEEP_IN_REGISTER(sum[i]);
    }
  }
  int32_t out[DENSE_LANES];
  volatile int32_t sink = 0;
  FULLY_UNROLLED for (int i = 0; i < chains; i++) {
    STORE_PART(out, sum[i]);
    sink += out[0];
  }
  return 2.0 * DENSE_STEP * DENSE_LANES * DENSE_PEAK_CHAINS * (double)repeats;
}
