#include "image_codecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct {
  png_structp png;
  png_infop info;
  image_result result;
  // Of a file that is read.
  const unsigned char *next;
  size_t left;
  // Of a file that is written.
  unsigned char *bytes;
  size_t count;
  size_t capacity;
} png_work;

static _Noreturn void fail(png_work *work, image_status status, const char *message) {
  work->result.status = status;
  snprintf(work->result.message, IMAGE_MESSAGE_SIZE, "%s", message);
  png_longjmp(work->png, 1);
}

static void leave(png_structp png, png_const_charp message) {
  // What ran out of memory says so in no other way.
  image_status status = strstr(message, "emory") ? IMAGE_OUT_OF_MEMORY : IMAGE_DAMAGED;
  fail(png_get_error_ptr(png), status, message);
}

static void stay_silent(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take(png_structp png, png_bytep target, size_t count) {
  png_work *work = png_get_io_ptr(png);
  if (count > work->left) fail(work, IMAGE_TRUNCATED, "the file ends within a chunk");
  memcpy(target, work->next, count);
  work->next += count;
  work->left -= count;
}

// To be called within reach of a setjmp to the reader's jump buffer.
static void read_header(png_work *work, image_header *header) {
  png_structp png = work->png;
  png_set_read_fn(png, work, take);
  // Whoever calls has a limit on pixels; the library's is one on each side.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Nothing but the pixels is wanted, so no ancillary chunk is unpacked or kept.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
  png_read_info(png, work->info);
  int isGrey = (png_get_color_type(png, work->info) & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE)) == 0;
  *header = (image_header){
    png_get_image_width(png, work->info), png_get_image_height(png, work->info), isGrey ? 1 : 3};
}

static void read_pixels(png_work *work, const image_header *header, unsigned char *pixels) {
  png_structp png = work->png;
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_color_type(png, work->info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, work->info);
  size_t stride = header->width * (size_t)header->channels;
  if (png_get_rowbytes(png, work->info) != stride) fail(work, IMAGE_UNSUPPORTED, "rows of an unexpected size");
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < header->height; y++) png_read_row(png, pixels + y * stride, NULL);
  }
  png_read_end(png, NULL);
}

static image_result read_png(
  const unsigned char *bytes, size_t count, const image_header *expected, image_header *header,
  unsigned char *pixels) {
  png_work work = {.next = bytes, .left = count};
  work.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &work, leave, stay_silent);
  work.info = work.png ? png_create_info_struct(work.png) : NULL;
  if (!work.info) {
    work.result = (image_result){IMAGE_OUT_OF_MEMORY, "no memory for a PNG reader"};
  } else if (setjmp(png_jmpbuf(work.png)) == 0) {
    image_header found;
    read_header(&work, &found);
    if (header) *header = found;
    if (pixels) {
      if (found.width != expected->width || found.height != expected->height || found.channels != expected->channels)
        fail(&work, IMAGE_DAMAGED, "the header changed while it was read");
      read_pixels(&work, expected, pixels);
    }
  }
  png_destroy_read_struct(&work.png, &work.info, NULL);
  return work.result;
}

image_result image_png_header(const unsigned char *bytes, size_t count, image_header *header) {
  return read_png(bytes, count, NULL, header, NULL);
}

image_result image_png_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels) {
  return read_png(bytes, count, header, NULL, pixels);
}

static void give(png_structp png, png_bytep source, size_t count) {
  png_work *work = png_get_io_ptr(png);
  if (count > work->capacity - work->count) {
    size_t capacity = 2 * work->capacity + count;
    unsigned char *bytes = realloc(work->bytes, capacity);
    if (!bytes) fail(work, IMAGE_OUT_OF_MEMORY, "no memory for the PNG file");
    work->bytes = bytes;
    work->capacity = capacity;
  }
  memcpy(work->bytes + work->count, source, count);
  work->count += count;
}

static void stay_buffered(png_structp png) { (void)png; }

image_result image_png_encode(
  const unsigned char *pixels, const image_header *header, unsigned char **bytes, size_t *count) {
  png_work work = {0};
  work.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &work, leave, stay_silent);
  work.info = work.png ? png_create_info_struct(work.png) : NULL;
  if (!work.info) {
    work.result = (image_result){IMAGE_OUT_OF_MEMORY, "no memory for a PNG writer"};
  } else if (setjmp(png_jmpbuf(work.png)) == 0) {
    png_set_write_fn(work.png, &work, give, stay_buffered);
    png_set_user_limits(work.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(
      work.png, work.info, (png_uint_32)header->width, (png_uint_32)header->height, 8,
      header->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(work.png, work.info);
    size_t stride = header->width * (size_t)header->channels;
    for (size_t y = 0; y < header->height; y++) png_write_row(work.png, pixels + y * stride);
    png_write_end(work.png, NULL);
  }
  png_destroy_write_struct(&work.png, &work.info);
  if (work.result.status != IMAGE_OK) {
    free(work.bytes);
    work.bytes = NULL;
  }
  *bytes = work.bytes;
  *count = work.count;
  return work.result;
}

void image_png_free(unsigned char *bytes) { free(bytes); }
