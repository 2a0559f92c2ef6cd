#include "image_codecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

// The library hands its own structures to callbacks; each is the first member of what holds the rest.
typedef struct {
  struct jpeg_error_mgr base;
  image_result result;
  jmp_buf escape;
} error_manager;

typedef struct {
  struct jpeg_progress_mgr base;
  int scan_limit;
} progress_manager;

typedef struct {
  struct jpeg_decompress_struct info;
  error_manager errors;
  progress_manager progress;
} jpeg_reader;

static image_status status_of(int code) {
  switch (code) {
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: return IMAGE_TRUNCATED;
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE: return IMAGE_OUT_OF_MEMORY;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_SOF_UNSUPPORTED: return IMAGE_UNSUPPORTED;
    default: return IMAGE_DAMAGED;
  }
}

static _Noreturn void leave(j_common_ptr info) {
  error_manager *errors = (error_manager *)info->err;
  char text[JMSG_LENGTH_MAX];
  errors->base.format_message(info, text);
  errors->result.status = status_of(errors->base.msg_code);
  snprintf(errors->result.message, IMAGE_MESSAGE_SIZE, "%s", text);
  longjmp(errors->escape, 1);
}

// After a warning of corrupt data the library makes up pixels; after these it does not.
static void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_TOO_MUCH_DATA: return;
    default: leave(info);
  }
}

static void stay_silent(j_common_ptr info) { (void)info; }

static void count_scans(j_common_ptr info) {
  int scans = ((j_decompress_ptr)info)->input_scan_number;
  progress_manager *progress = (progress_manager *)info->progress;
  if (scans <= progress->scan_limit) return;
  error_manager *errors = (error_manager *)info->err;
  errors->result.status = IMAGE_UNSUPPORTED;
  snprintf(errors->result.message, IMAGE_MESSAGE_SIZE, "more than %d scans", progress->scan_limit);
  longjmp(errors->escape, 1);
}

// To be called within reach of a setjmp to `errors.escape`.
static void read_header(jpeg_reader *reader, const unsigned char *bytes, size_t count, image_header *header) {
  struct jpeg_decompress_struct *info = &reader->info;
  jpeg_create_decompress(info);
  jpeg_mem_src(info, (unsigned char *)bytes, count);
  jpeg_read_header(info, TRUE);
  // What a grey, a YCbCr or RGB, and a YCCK or CMYK file are decoded to.
  switch (info->num_components) {
    case 1: info->out_color_space = JCS_GRAYSCALE; break;
    case 3: info->out_color_space = JCS_RGB; break;
    case 4: info->out_color_space = JCS_CMYK; break;
    default:
      info->err->msg_code = JERR_COMPONENT_COUNT;
      info->err->msg_parm.i[0] = info->num_components;
      info->err->msg_parm.i[1] = MAX_COMPONENTS;
      leave((j_common_ptr)info);
  }
  *header = (image_header){info->image_width, info->image_height, info->num_components};
}

static void prepare(jpeg_reader *reader) {
  memset(reader, 0, sizeof *reader);
  reader->info.err = jpeg_std_error(&reader->errors.base);
  reader->errors.base.error_exit = leave;
  reader->errors.base.emit_message = warn;
  reader->errors.base.output_message = stay_silent;
}

image_result image_jpeg_header(const unsigned char *bytes, size_t count, image_header *header) {
  jpeg_reader reader;
  prepare(&reader);
  if (setjmp(reader.errors.escape) == 0) read_header(&reader, bytes, count, header);
  jpeg_destroy_decompress(&reader.info);
  return reader.errors.result;
}

image_result image_jpeg_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, int scan_limit, unsigned char *pixels) {
  jpeg_reader reader;
  prepare(&reader);
  if (setjmp(reader.errors.escape) == 0) {
    struct jpeg_decompress_struct *info = &reader.info;
    image_header found;
    read_header(&reader, bytes, count, &found);
    reader.progress = (progress_manager){.base.progress_monitor = count_scans, .scan_limit = scan_limit};
    info->progress = &reader.progress.base;
    info->dct_method = JDCT_ISLOW;
    info->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(info);
    size_t stride = header->width * (size_t)header->channels;
    if (found.width != header->width || found.height != header->height || info->output_width != header->width ||
        info->output_height != header->height || info->output_components != header->channels) {
      info->err->msg_code = JERR_BAD_STATE;
      leave((j_common_ptr)info);
    }
    while (info->output_scanline < info->output_height) {
      JSAMPROW row = pixels + info->output_scanline * stride;
      jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
  }
  jpeg_destroy_decompress(&reader.info);
  return reader.errors.result;
}
