// The second of the two loops in which a network's time goes, with accumulators in registers as in dot.body.h.

/// dw[n, 16 * vectors] += sum over images, rows and columns of a[.., 0..<n] (outer product) dy[.., :].
ALWAYS_INLINE void NAME(outer_n)(const int n, const int vectors, float *restrict dw, int w_stride, const float *a,
                                 ptrdiff_t a_image, ptrdiff_t a_row, ptrdiff_t a_step, const float *dy,
                                 ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step, int images, int rows, int columns) {
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
static void NAME(outer)(int length, int width, float *dw, const float *a, ptrdiff_t a_image, ptrdiff_t a_row,
                        ptrdiff_t a_step, const float *dy, ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step, int images,
                        int rows, int columns) {
  const int groups = (length + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (length + groups - 1) / groups;
  for (int j = 0; j < length; j += step) {
    const int n = min_int(step, length - j);
#if DENSE_VECTORS == 2
    if (width == 2 * DENSE_LANES) {
      switch (n) {
        CASES(outer_n, 2, dw + j * width, width, a + j, a_image, a_row, a_step, dy, dy_image, dy_row, dy_step, images,
              rows, columns)
      }
      continue;
    }
#endif
    for (int k = 0; k < width; k += DENSE_LANES) {
      switch (n) {
        CASES(outer_n, 1, dw + j * width + k, width, a + j, a_image, a_row, a_step, dy + k, dy_image, dy_row, dy_step,
              images, rows, columns)
      }
    }
  }
}
