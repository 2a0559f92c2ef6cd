#include "image_codecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

typedef struct {
  const unsigned char *bytes;
  size_t count;
  size_t position;
  int past_end;
  image_result result;
} tiff_work;

static int fail(tiff_work *work, image_status status, const char *message) {
  // The first failure is the cause of the others.
  if (work->result.status != IMAGE_OK) return 0;
  work->result.status = status;
  snprintf(work->result.message, IMAGE_MESSAGE_SIZE, "%s", message);
  return 0;
}

static int report(tiff_work *work, const char *format, va_list arguments) {
  char text[IMAGE_MESSAGE_SIZE];
  vsnprintf(text, sizeof text, format, arguments);
  image_status status = strstr(text, "emory") ? IMAGE_OUT_OF_MEMORY : IMAGE_DAMAGED;
  return fail(work, work->past_end ? IMAGE_TRUNCATED : status, text);
}

// JPEG data are made up after a warning; other warnings are of tags that no pixel depends on.
static int heed(tiff_work *work, const char *module, const char *format, va_list arguments) {
  return module && strcmp(module, "JPEGLib") == 0 ? report(work, format, arguments) : 0;
}

#if TIFFLIB_VERSION >= 20221213
static int on_error(TIFF *tiff, void *work, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  report(work, format, arguments);
  return 1;
}

static int on_warning(TIFF *tiff, void *work, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  heed(work, module, format, arguments);
  return 1;
}
#endif

static tmsize_t take(thandle_t handle, void *target, tmsize_t count) {
  tiff_work *work = handle;
  size_t left = work->position < work->count ? work->count - work->position : 0;
  size_t taken = (size_t)count < left ? (size_t)count : left;
  if (taken < (size_t)count) work->past_end = 1;
  memcpy(target, work->bytes + (taken ? work->position : 0), taken);
  work->position += taken;
  return (tmsize_t)taken;
}

static tmsize_t refuse_to_write(thandle_t handle, void *source, tmsize_t count) {
  (void)handle;
  (void)source;
  (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tiff_work *work = handle;
  toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? work->position : work->count;
  work->position = (size_t)(base + offset);
  return work->position;
}

static int stay_open(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of(thandle_t handle) { return ((tiff_work *)handle)->count; }

// Neither mapped nor with its lists of strips read at once.
static TIFF *open_tiff(tiff_work *work) {
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, work);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, work);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)1 << 30);
  TIFF *tiff =
    TIFFClientOpenExt("", "rmO", work, take, refuse_to_write, seek, stay_open, size_of, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
#else
  // Older versions have handlers of the whole process alone: silence.
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen("", "rmO", work, take, refuse_to_write, seek, stay_open, size_of, NULL, NULL);
#endif
}

static int is_known(int compression) {
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD: return TIFFIsCODECConfigured((uint16_t)compression);
    default: return 0;
  }
}

static int refuse_kind(tiff_work *work, const char *what, int value) {
  char text[64];
  snprintf(text, sizeof text, "%s %d", what, value);
  return fail(work, IMAGE_UNSUPPORTED, text);
}

// The pixels as the file has them, where this knows how to read them.
typedef struct {
  uint16_t samples;
  uint16_t bits;
  int is_separate;
  // YCbCr that only the library's own conversion reads.
  int by_library;
} tiff_form;

static int read_palette(TIFF *tiff, tiff_work *work, int bits, image_tiff_layout *layout) {
  uint16_t *maps[3];
  if (bits > 8 || !TIFFGetField(tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]))
    return fail(work, IMAGE_DAMAGED, "no palette");
  for (int i = 0; i < 1 << bits; i++) {
    for (int c = 0; c < 3; c++) layout->palette[3 * i + c] = (unsigned char)(maps[c][i] >> 8);
  }
  return 1;
}

static int read_layout(TIFF *tiff, tiff_work *work, image_header *header, image_tiff_layout *layout, tiff_form *form) {
  uint32_t width = 0, height = 0;
  uint16_t compression = COMPRESSION_NONE, photometric = PHOTOMETRIC_MINISWHITE, planar = PLANARCONFIG_CONTIG;
  uint16_t sample_format = SAMPLEFORMAT_UINT, extra_count = 0, *extras = NULL;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &sample_format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &form->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &form->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
  if (width == 0 || height == 0) return fail(work, IMAGE_DAMAGED, "no pixels");
  if (!is_known(compression)) return refuse_kind(work, "compression", compression);
  if (sample_format != SAMPLEFORMAT_UINT && sample_format != SAMPLEFORMAT_VOID)
    return refuse_kind(work, "samples that are no unsigned integers: format", sample_format);
  if (form->bits != 1 && form->bits != 2 && form->bits != 4 && form->bits != 8 && form->bits != 16)
    return refuse_kind(work, "bits of a sample:", form->bits);
  form->is_separate = planar == PLANARCONFIG_SEPARATE && form->samples > 1;
  if (photometric == PHOTOMETRIC_YCBCR) {
    if (compression == COMPRESSION_JPEG && !form->is_separate && form->samples == 3) {
      TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      photometric = PHOTOMETRIC_RGB;
    } else if (form->samples > 1) {
      form->by_library = 1;
    } else {
      photometric = PHOTOMETRIC_MINISBLACK;
    }
  }
  int colors = photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3
               : photometric == PHOTOMETRIC_SEPARATED                             ? 4
               : photometric <= PHOTOMETRIC_PALETTE                               ? 1
                                                                                  : 0;
  if (colors == 0) return refuse_kind(work, "colours of kind", photometric);
  if (form->samples < colors || form->samples > 6 || (colors > 1 && form->bits < 8))
    return refuse_kind(work, "samples of a pixel:", form->samples);
  layout->bits = form->bits;
  layout->photometric = photometric;
  layout->is_premultiplied = form->samples > colors && extra_count > 0 && extras[0] == EXTRASAMPLE_ASSOCALPHA;
  *header = (image_header){width, height, form->by_library ? 3 : colors + layout->is_premultiplied};
  return photometric == PHOTOMETRIC_PALETTE ? read_palette(tiff, work, form->bits, layout) : 1;
}

// `count` samples of a row to bytes, every `step` of them; `source` begins with the first pixel's.
static void unpack(
  unsigned char *target, int target_step, const unsigned char *source, size_t count, int bits, int first, int step) {
  for (size_t i = 0; i < count; i++) {
    size_t sample = i * (size_t)step + (size_t)first;
    unsigned value;
    if (bits == 8) {
      value = source[sample];
    } else if (bits == 16) {
      uint16_t wide;
      memcpy(&wide, source + 2 * sample, 2);
      value = wide >> 8;
    } else {
      size_t bit = sample * (size_t)bits;
      value = (source[bit / 8] >> (8 - bits - (int)(bit % 8))) & ((1 << bits) - 1);
    }
    target[i * (size_t)target_step] = (unsigned char)value;
  }
}

static int read_strips(
  TIFF *tiff, tiff_work *work, const image_header *header, const tiff_form *form, unsigned char *pixels) {
  unsigned char *row = malloc((size_t)TIFFScanlineSize(tiff) + 1);
  if (!row) return fail(work, IMAGE_OUT_OF_MEMORY, "no memory for a row");
  int channels = header->channels, is_good = 1;
  size_t stride = header->width * (size_t)channels;
  for (int plane = 0; is_good && plane < (form->is_separate ? channels : 1); plane++) {
    for (size_t y = 0; y < header->height; y++) {
      if (TIFFReadScanline(tiff, row, (uint32_t)y, (uint16_t)plane) != 1) {
        is_good = fail(work, work->past_end ? IMAGE_TRUNCATED : IMAGE_DAMAGED, "a row cannot be read");
        break;
      }
      for (int c = form->is_separate ? plane : 0; c < (form->is_separate ? plane + 1 : channels); c++) {
        unpack(
          pixels + y * stride + c, channels, row, header->width, form->bits, form->is_separate ? 0 : c,
          form->is_separate ? 1 : form->samples);
      }
    }
  }
  free(row);
  return is_good;
}

static int read_tiles(
  TIFF *tiff, tiff_work *work, const image_header *header, const tiff_form *form, unsigned char *pixels) {
  uint32_t tile_width = 0, tile_height = 0;
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
  TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height);
  // Far larger than the image, a tile would take memory that the image does not need.
  if (tile_width == 0 || tile_height == 0 || tile_width > header->width + 2048 || tile_height > header->height + 2048)
    return fail(work, IMAGE_UNSUPPORTED, "tiles far larger than the image");
  unsigned char *tile = malloc((size_t)TIFFTileSize(tiff) + 1);
  if (!tile) return fail(work, IMAGE_OUT_OF_MEMORY, "no memory for a tile");
  size_t row_bytes = (size_t)TIFFTileRowSize(tiff);
  int channels = header->channels, is_good = 1;
  for (int plane = 0; is_good && plane < (form->is_separate ? channels : 1); plane++) {
    for (size_t y = 0; is_good && y < header->height; y += tile_height) {
      for (size_t x = 0; x < header->width; x += tile_width) {
        if (TIFFReadTile(tiff, tile, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane) < 0) {
          is_good = fail(work, work->past_end ? IMAGE_TRUNCATED : IMAGE_DAMAGED, "a tile cannot be read");
          break;
        }
        size_t columns = header->width - x < tile_width ? header->width - x : tile_width;
        size_t rows = header->height - y < tile_height ? header->height - y : tile_height;
        for (size_t r = 0; r < rows; r++) {
          unsigned char *target = pixels + ((y + r) * header->width + x) * (size_t)channels;
          for (int c = form->is_separate ? plane : 0; c < (form->is_separate ? plane + 1 : channels); c++) {
            unpack(
              target + c, channels, tile + r * row_bytes, columns, form->bits, form->is_separate ? 0 : c,
              form->is_separate ? 1 : form->samples);
          }
        }
      }
    }
  }
  free(tile);
  return is_good;
}

// YCbCr whose colours have fewer pixels than its light, a few rows at a time.
static int read_by_library(TIFF *tiff, tiff_work *work, const image_header *header, unsigned char *pixels) {
  TIFFRGBAImage image;
  char message[1024] = "";
  if (!TIFFRGBAImageOK(tiff, message) || !TIFFRGBAImageBegin(&image, tiff, 1, message))
    return fail(work, IMAGE_UNSUPPORTED, message);
  // As it is stored: whoever calls turns it.
  image.req_orientation = image.orientation;
  uint32_t rows = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  if (TIFFIsTiled(tiff)) TIFFGetField(tiff, TIFFTAG_TILELENGTH, &rows);
  if (rows == 0 || rows > header->height) rows = (uint32_t)header->height;
  uint32_t *raster = malloc(4 * header->width * (size_t)rows);
  int is_good = raster ? 1 : fail(work, IMAGE_OUT_OF_MEMORY, "no memory for rows");
  for (size_t y = 0; is_good && y < header->height; y += rows) {
    size_t height = header->height - y < rows ? header->height - y : rows;
    image.row_offset = (int)y;
    if (!TIFFRGBAImageGet(&image, raster, (uint32_t)header->width, (uint32_t)height)) {
      is_good = fail(work, work->past_end ? IMAGE_TRUNCATED : IMAGE_DAMAGED, "rows cannot be read");
      break;
    }
    unsigned char *target = pixels + 3 * y * header->width;
    for (size_t i = 0; i < height * header->width; i++) {
      target[3 * i] = (unsigned char)TIFFGetR(raster[i]);
      target[3 * i + 1] = (unsigned char)TIFFGetG(raster[i]);
      target[3 * i + 2] = (unsigned char)TIFFGetB(raster[i]);
    }
  }
  free(raster);
  TIFFRGBAImageEnd(&image);
  return is_good;
}

static image_result read_tiff(
  const unsigned char *bytes, size_t count, const image_header *expected, image_header *header,
  image_tiff_layout *layout, unsigned char *pixels) {
  tiff_work work = {.bytes = bytes, .count = count};
  TIFF *tiff = open_tiff(&work);
  tiff_form form = {0};
  *layout = (image_tiff_layout){0};
  if (!tiff) {
    fail(&work, work.past_end ? IMAGE_TRUNCATED : IMAGE_DAMAGED, "no directory of the image");
    return work.result;
  }
  if (read_layout(tiff, &work, header, layout, &form) && pixels) {
    if (header->width != expected->width || header->height != expected->height ||
        header->channels != expected->channels) {
      fail(&work, IMAGE_DAMAGED, "the header changed while it was read");
    } else if (form.by_library) {
      read_by_library(tiff, &work, header, pixels);
    } else if (TIFFIsTiled(tiff)) {
      read_tiles(tiff, &work, header, &form, pixels);
    } else {
      read_strips(tiff, &work, header, &form, pixels);
    }
  }
  TIFFClose(tiff);
  if (work.past_end) fail(&work, IMAGE_TRUNCATED, "the file ends before its data do");
  return work.result;
}

image_result image_tiff_header(
  const unsigned char *bytes, size_t count, image_header *header, image_tiff_layout *layout) {
  return read_tiff(bytes, count, NULL, header, layout, NULL);
}

image_result image_tiff_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels) {
  image_header found = {0};
  image_tiff_layout layout;
  return read_tiff(bytes, count, header, &found, &layout, pixels);
}
