// Max pools over padded maps, for transitions and for the layer that stands alone.

void NAME(max_pool_forward)(void *y_map, uint8_t *argmax, const void *x_map, const dense_pool_shape *s, int image_begin,
                            int image_end) {
  const MAP *x = x_map;
  MAP *y = y_map;
  for (int n = image_begin; n < image_end; n++) {
    const MAP *map = x + (ptrdiff_t)n * s->height * s->width * s->x_stride;
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        const ptrdiff_t at = ((ptrdiff_t)n * s->out_height + i) * s->out_width + j;
        for (int c = 0; c < s->channels; c += DENSE_LANES) {
          vf best;
          vi index;
          WINDOW_MAXIMUM(best, index, LOAD_MAP, map + c, (ptrdiff_t)s->width * s->x_stride, s->x_stride);
          STORE_MAP(y + at * s->y_stride + c, best);
          if (argmax) STORE_BYTES(argmax + at * s->channels + c, index);
        }
      }
    }
  }
}

void NAME(max_pool_backward)(void *dx_map, const void *dy_map, const uint8_t *argmax, const dense_pool_shape *s,
                             int image_begin, int image_end) {
  const MAP *dy = dy_map;
  for (int n = image_begin; n < image_end; n++) {
    MAP *map = (MAP *)dx_map + (ptrdiff_t)n * s->height * s->width * s->x_stride;
    memset(map, 0, (size_t)s->height * s->width * s->x_stride * sizeof(MAP));
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        const ptrdiff_t at = ((ptrdiff_t)n * s->out_height + i) * s->out_width + j;
        for (int c = 0; c < s->channels; c += DENSE_LANES) {
          const vi winner = LOAD_BYTES(argmax + at * s->channels + c);
          const vf gradient = LOAD_MAP(dy + at * s->y_stride + c);
          for (int h = h0; h < h1; h++) {
            for (int w = w0; w < w1; w++) {
              MAP *pixel = map + ((ptrdiff_t)h * s->width + w) * s->x_stride + c;
              const vf share = winner == (vi)((h - top) * s->kernel + w - left) ? gradient : SPLAT(0.0f);
              STORE_MAP(pixel, LOAD_MAP(pixel) + share);
            }
          }
        }
      }
    }
  }
}
