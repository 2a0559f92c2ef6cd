// The first layers over bytes: the input is rounded as it comes, and the convolution's output, normalised and rounded,
// stays in scratch until the max pool has read it. A maximum of rounded values is the rounded maximum.

/// Rows `begin` to `end` of the padded input, where nothing is a byte of its own: the zero.
static void NAME(int8_stem_fill)(OPERAND *to, const dense_conv_shape *s, const float *x, const float *unit, const float *zero,
                                 int begin, int end) {
  const int channels = s->in_channels, line = input_columns(s) * channels;
  const int first = min_int(s->pad_w * channels, line), last = max_int(first, min_int(line, (s->width + s->pad_w) * channels));
  for (int h = begin; h < end; h++, to += line) {
    const int from = h - s->pad_h, is_inside = from >= 0 && from < s->height;
    const float *row = x + ((ptrdiff_t)from * s->width - s->pad_w) * channels;
    for (int j = 0; j < (is_inside ? first : line); j++) to[j] = (OPERAND)zero[j];
    if (!is_inside) continue;
    for (int j = first; j < last; j++) {
      const float scaled = row[j] * unit[j], z = scaled + zero[j], positive = z > 0.0f ? z : 0.0f;
      const float rounded = (positive < 255.0f ? positive : 255.0f) + 0x1.8p23f;
      int32_t bits;
      memcpy(&bits, &rounded, sizeof bits);
      to[j] = (OPERAND)(bits - 0x4b400000);
    }
    for (int j = last; j < line; j++) to[j] = (OPERAND)zero[j];
  }
}

/// Rows from `row_begin` on of the pooled map, from rows of the convolution's output from `first` on. Nothing is less than
/// the byte of 0, as after ReLU.
static void NAME(int8_stem_pool)(uint8_t *y, const uint8_t *z, const uint8_t *least, const dense_pool_shape *s, int row_begin,
                                 int row_end, int first) {
  const int channels = s->channels;
  for (int i = row_begin; i < row_end; i++) {
    const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
    for (int j = 0; j < s->out_width; j++) {
      const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
      uint8_t *to = y + ((ptrdiff_t)i * s->out_width + j) * s->y_stride;
      for (int k = 0; k < channels; k += DENSE_LANES) {
        vb best = *(const vb_unaligned *)(least + k);
        for (int h = h0; h < h1; h++) {
          const uint8_t *from = z + ((ptrdiff_t)(h - first) * s->width + w0) * channels + k;
          for (int w = w0; w < w1; w++, from += channels) {
            best = __builtin_elementwise_max(best, (vb)*(const vb_unaligned *)from);
          }
        }
        *(vb_unaligned *)(to + k) = best;
      }
    }
  }
}

void NAME(int8_stem)(const dense_stem_shape *shape, const dense_int8_stem_args *a, int image, int row_begin, int row_end,
                     float *scratch) {
  const dense_conv_shape *c = &shape->conv;
  const dense_pool_shape *s = &shape->pool;
  const int line = input_columns(c) * c->in_channels;
  int first;
  const int rows = int8_stem_rows(shape, row_begin, row_end, &first);
  float *unit = scratch, *zero = unit + line;
  for (int j = 0; j < line; j++) unit[j] = a->unit[j % c->in_channels], zero[j] = a->zero[j % c->in_channels];
  OPERAND *tile = (OPERAND *)(zero + line);
  const int begin = first * c->stride_h, end = begin + input_rows(c, rows);
  NAME(int8_stem_fill)(tile, c, a->x + (ptrdiff_t)image * c->height * c->width * c->in_channels, unit, zero, begin, end);
  memset(tile + (ptrdiff_t)(end - begin) * line, 0, DENSE_LANES);
  uint8_t *z = (uint8_t *)(tile + (ptrdiff_t)(end - begin) * line) + DENSE_LANES;
  const dense_int8_args products = {.y = z, .weights = a->weights, .factor = a->factor, .addend = a->addend};
  dense_conv_shape stored = *c;
  stored.out_stride = c->out_channels, stored.wide_output = 0;
  NAME(int8_products)(&stored, &products, tile, 0, 1, 0, rows);
  NAME(int8_stem_pool)(a->y + (ptrdiff_t)image * s->out_height * s->out_width * s->y_stride, z, a->least, s, row_begin,
                       row_end, first);
}
