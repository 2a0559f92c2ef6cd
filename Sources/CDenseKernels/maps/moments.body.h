// The moments of a region of a padded map, in two passes: small enough to be in cache for the second.

static void NAME(region_moments)(float *mean, float *m2, const MAP *y, ptrdiff_t image_step, ptrdiff_t row_step,
                                 int step, int images, int rows, int columns, int channels) {
  const float inverse = 1.0f / ((float)images * (float)rows * (float)columns);
  for (int k = 0; k < channels; k += DENSE_LANES) {
    vf center = SPLAT(0.0f), total = SPLAT(0.0f);
    for (int n = 0; n < images; n++) {
      for (int r = 0; r < rows; r++) {
        const MAP *p = y + n * image_step + r * row_step + k;
        vf sum = SPLAT(0.0f);
        for (int c = 0; c < columns; c++, p += step) sum += LOAD_MAP(p);
        total += sum;
      }
    }
    center = total * inverse;
    total = SPLAT(0.0f);
    vf rest = SPLAT(0.0f);
    for (int n = 0; n < images; n++) {
      for (int r = 0; r < rows; r++) {
        const MAP *p = y + n * image_step + r * row_step + k;
        vf sum = SPLAT(0.0f), squares = SPLAT(0.0f);
        for (int c = 0; c < columns; c++, p += step) {
          const vf d = LOAD_MAP(p) - center;
          sum += d;
          squares += d * d;
        }
        rest += sum;
        total += squares;
      }
    }
    // The first mean is rounded: the second pass corrects it, and the squares for it.
    const vf correction = rest * inverse;
    STORE(mean + k, center + correction);
    STORE(m2 + k, total - rest * correction);
  }
}
