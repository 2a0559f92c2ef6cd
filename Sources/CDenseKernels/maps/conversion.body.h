// Between the caller's fp32 and what maps hold.

void NAME(load_map)(void *map, int stride, const float *values, int value_stride, int channels, ptrdiff_t pixels) {
  MAP *to = map;
  for (ptrdiff_t p = 0; p < pixels; p++, to += stride, values += value_stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) {
      float lanes[DENSE_LANES] = {0};
      memcpy(lanes, values + c, min_int(DENSE_LANES, channels - c) * sizeof(float));
      STORE_MAP(to + c, LOAD(lanes));
    }
  }
}

void NAME(read_map)(float *values, int value_stride, const void *map, int stride, int channels, ptrdiff_t pixels) {
  const MAP *from = map;
  for (ptrdiff_t p = 0; p < pixels; p++, from += stride, values += value_stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) {
      float lanes[DENSE_LANES];
      STORE(lanes, LOAD_MAP(from + c));
      memcpy(values + c, lanes, min_int(DENSE_LANES, channels - c) * sizeof(float));
    }
  }
}
