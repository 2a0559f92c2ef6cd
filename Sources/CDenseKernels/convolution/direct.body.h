// The two passes of a convolution. Those that are packed for Winograd's algorithm leave at the first line; the others are
// done as the convolution is defined: a group of pixels at a time, a kernel row at a time.

/// Runs the dot-product loop for one block of output channels over the pixels of a tile, a group of registers at a time.
ALWAYS_INLINE void NAME(for_each_group)(const NAME(tile) *tile, const OPERAND *operands, int images, int rows,
                                        int columns, int stride_h, int stride_w, int kernel_h, int length,
                                        const OPERAND *weights, int width,
                                        NAME(steps) steps, NAME(group_prefetch) prefetch_group, NAME(epilogue) epilogue,
                                        const void *context, NAME(prefetch) *prefetch) {
  float results[DENSE_PIXELS * DENSE_BLOCK] __attribute__((aligned(64)));
  const OPERAND *pixels[DENSE_PIXELS];
  ptrdiff_t offsets[DENSE_PIXELS];
  const int total = images * rows * columns;
  const int groups = (total + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (total + groups - 1) / groups;
  int n = 0, r = 0, c = 0;
  for (int p = 0; p < total; p += step) {
    const int count = min_int(step, total - p);
    for (int i = 0; i < count; i++) {
      pixels[i] = operands + n * tile->image + (ptrdiff_t)r * stride_h * tile->row + (ptrdiff_t)c * stride_w * tile->step;
      offsets[i] = n * steps.image + r * steps.row + c * steps.column;
      if (++c == columns) {
        c = 0;
        if (++r == rows) {
          r = 0;
          n++;
        }
      }
    }
    prefetch_group(context, offsets, count);
    NAME(prefetch_turn)(prefetch);
    NAME(dot_product_operands)(count, width, results, pixels, kernel_h, tile->row, length, weights);
    epilogue(context, results, offsets, count);
  }
}

void NAME(conv_forward)(const dense_conv_shape *s, const dense_conv_forward_args *a, int images, int tile_begin,
                        int tile_end, float *scratch) {
  if (s->winograd == 4) return NAME(winograd_forward4)(s, a, images, tile_begin, tile_end, scratch);
  if (s->winograd == 6) return NAME(winograd_forward6)(s, a, images, tile_begin, tile_end, scratch);
  const int taps = s->kernel_h * s->kernel_w * s->in_channels;
  const ptrdiff_t out_row = (ptrdiff_t)s->out_width * s->out_stride, out_image = out_row * s->out_height;
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(tile) tile = NAME(fill_input)(scratch, s, a->x, a->scale, a->shift, image, count, row,
                                             input_rows(s, rows), input_columns(s));
    const OPERAND *operands = NAME(operands)(&tile, count);
    const int turns = register_groups(count * rows * s->out_width, s->out_channels, DENSE_PIXELS);
    NAME(prefetch) prefetch = NAME(forward_prefetch)(s, a->x, image, count, row, rows, turns);
    if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
    const ptrdiff_t first = image * out_image + row * out_row;
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->out_channels - k);
      const NAME(output) output = {a->y, first + k, a->bias ? a->bias + k : NULL, width, s->wide_output, a->rectify};
      const NAME(steps) steps = {out_image, out_row, s->out_stride};
      NAME(for_each_group)(&tile, operands, count, rows, s->out_width, s->stride_h, s->stride_w, s->kernel_h,
                           s->kernel_w * s->in_channels, (const OPERAND *)a->weights + (ptrdiff_t)k * taps, width, steps,
                           NAME(prefetch_output), NAME(epilogue_output), &output, &prefetch);
    }
    if (a->mean) {
      const ptrdiff_t at = (ptrdiff_t)t * s->out_channels;
      NAME(region_moments)(a->mean + at, a->m2 + at, (const MAP *)a->y + first, out_image, out_row, s->out_stride, count, rows, s->out_width, s->out_channels);
    }
  }
}

/// dw += a tile's weight gradient; where 1x1 convolutions multiply pairs of bf16, the input's tile becomes those.
static void NAME(weight_gradient)(float *dw, const dense_conv_shape *s, const NAME(tile) *input, const NAME(tile) *gradient,
                                  const float *inner, int images, int rows) {
  const int length = s->kernel_w * s->in_channels, taps = s->kernel_h * length;
#ifdef DENSE_NATIVE_BF16
  if (is_pointwise(s)) {
    const int pixels = images * rows * s->out_width;
    uint16_t *input_pairs = (uint16_t *)input->data;
    uint16_t *gradient_pairs = (uint16_t *)(gradient->data + (ptrdiff_t)pixels * s->out_channels);
    NAME(pair_pixels)(input_pairs, input->data, pixels, s->in_channels);
    NAME(pair_pixels)(gradient_pairs, gradient->data, pixels, s->out_channels);
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      NAME(outer_product_pairs)(length, min_int(DENSE_BLOCK, s->out_channels - k), dw + (ptrdiff_t)k * taps, input_pairs,
                                gradient_pairs + 2 * k, s->out_channels, (pixels + 1) / 2);
    }
    return;
  }
#endif
  for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
    const int width = min_int(DENSE_BLOCK, s->out_channels - k);
    for (int r = 0; r < s->kernel_h; r++) {
      NAME(outer_product)(length, width, dw + (ptrdiff_t)k * taps + (ptrdiff_t)r * length * width,
                          input->data + r * input->row, input->image, input->row * s->stride_h,
                          (ptrdiff_t)input->step * s->stride_w, inner + k, gradient->image, gradient->row, gradient->step,
                          images, rows, s->out_width);
    }
  }
}

void NAME(conv_backward)(const dense_conv_shape *s, const dense_conv_backward_args *a, int images, int tile_begin,
                         int tile_end, float *scratch) {
  if (s->winograd == 4) return NAME(winograd_backward4)(s, a, images, tile_begin, tile_end, scratch);
  if (s->winograd == 6) return NAME(winograd_backward6)(s, a, images, tile_begin, tile_end, scratch);
  const int halo_h = a->dx ? s->kernel_h / 2 : 0, halo_w = a->dx ? s->kernel_w / 2 : 0;
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(tile) input = NAME(fill_input)(scratch, s, a->x, a->scale, a->shift, image, count, row,
                                              input_rows(s, rows), input_columns(s));
    float *rest = scratch + round_up(count * (int)input.image, DENSE_LANES);
    const NAME(tile) gradient = NAME(fill_gradient)(rest, s, a, image, count, row, rows, s->out_width, halo_h, halo_w);
    const float *inner = gradient.data + halo_h * gradient.row + (ptrdiff_t)halo_w * gradient.step;

    NAME(weight_gradient)(a->dw, s, &input, &gradient, inner, count, rows);
    if (a->db) NAME(sum_gradient)(a->db + (ptrdiff_t)t * s->out_channels, s, &gradient, inner, count, rows);
    if (a->dx) {
      float *sums = a->sums + (ptrdiff_t)t * 2 * s->in_channels;
      memset(sums, 0, 2 * (size_t)s->in_channels * sizeof(float));
      if (a->store) NAME(clear_uncovered)(s, a, image, count, row, rows);
      const int reduction = s->kernel_w * s->out_channels;
      const OPERAND *operands = NAME(operands)(&gradient, count);
      const int turns = register_groups(count * rows * s->out_width, s->in_channels, DENSE_PIXELS);
      NAME(prefetch) prefetch = NAME(backward_prefetch)(s, a, image, count, row, rows, turns);
      if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
      for (int c = 0; c < s->in_channels; c += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, s->in_channels - c);
        const ptrdiff_t first = ((ptrdiff_t)image * s->height + (ptrdiff_t)row * s->pool_h) * s->width;
        const NAME(input_gradient) context = {s, a, first, c, width, sums + c};
        const NAME(steps) steps = {(ptrdiff_t)s->height * s->width, (ptrdiff_t)s->pool_h * s->width, s->pool_w};
        NAME(for_each_group)(&gradient, operands, count, rows, s->out_width, 1, 1, s->kernel_h, reduction,
                             (const OPERAND *)a->weights + (ptrdiff_t)c * s->kernel_h * reduction, width, steps,
                             NAME(prefetch_input_gradient), NAME(epilogue_input_gradient), &context, &prefetch);
      }
    }
  }
}
