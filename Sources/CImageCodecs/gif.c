#include "image_codecs.h"

#include <stdio.h>
#include <string.h>

#include <gif_lib.h>

typedef struct {
  const unsigned char *next;
  size_t left;
  int past_end;
  image_result result;
} gif_work;

static int fail(gif_work *work, image_status status, const char *message) {
  work->result.status = work->past_end ? IMAGE_TRUNCATED : status;
  snprintf(work->result.message, IMAGE_MESSAGE_SIZE, "%s", work->past_end ? "the file ends within a block" : message);
  return 0;
}

static int refuse(gif_work *work, const GifFileType *gif) {
  const char *message = GifErrorString(gif->Error);
  image_status status = gif->Error == D_GIF_ERR_NOT_ENOUGH_MEM ? IMAGE_OUT_OF_MEMORY : IMAGE_DAMAGED;
  return fail(work, status, message ? message : "no image");
}

static int take(GifFileType *gif, GifByteType *target, int count) {
  gif_work *work = gif->UserData;
  size_t taken = (size_t)count < work->left ? (size_t)count : work->left;
  if (taken < (size_t)count) work->past_end = 1;
  memcpy(target, work->next, taken);
  work->next += taken;
  work->left -= taken;
  return (int)taken;
}

// Goes to the first image, past extensions, of which one may name the transparent colour.
static int find_image(gif_work *work, GifFileType *gif, image_gif_layout *layout) {
  for (;;) {
    GifRecordType kind;
    if (DGifGetRecordType(gif, &kind) != GIF_OK) return refuse(work, gif);
    if (kind == TERMINATE_RECORD_TYPE) return fail(work, IMAGE_DAMAGED, "no image");
    if (kind == IMAGE_DESC_RECORD_TYPE) break;
    int code;
    GifByteType *block;
    if (DGifGetExtension(gif, &code, &block) != GIF_OK) return refuse(work, gif);
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE && block && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
      layout->fill = control.TransparentColor == NO_TRANSPARENT_COLOR ? 0 : control.TransparentColor & 255;
    while (block) {
      if (DGifGetExtensionNext(gif, &block) != GIF_OK) return refuse(work, gif);
    }
  }
  if (DGifGetImageDesc(gif) != GIF_OK) return refuse(work, gif);
  return 1;
}

static void read_layout(const GifFileType *gif, image_header *header, image_gif_layout *layout) {
  const GifImageDesc *image = &gif->Image;
  size_t right = (size_t)image->Left + (size_t)image->Width, bottom = (size_t)image->Top + (size_t)image->Height;
  header->width = right > (size_t)gif->SWidth ? right : (size_t)gif->SWidth;
  header->height = bottom > (size_t)gif->SHeight ? bottom : (size_t)gif->SHeight;
  header->channels = 1;
  const ColorMapObject *map = image->ColorMap ? image->ColorMap : gif->SColorMap;
  layout->colors = map ? map->ColorCount : 0;
  for (int i = 0; i < layout->colors && i < 256; i++) {
    layout->palette[3 * i] = map->Colors[i].Red;
    layout->palette[3 * i + 1] = map->Colors[i].Green;
    layout->palette[3 * i + 2] = map->Colors[i].Blue;
  }
}

static int read_rows(
  gif_work *work, GifFileType *gif, const image_header *header, const image_gif_layout *layout, unsigned char *pixels) {
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  const GifImageDesc *image = &gif->Image;
  memset(pixels, layout->fill, header->width * header->height);
  unsigned char *origin = pixels + (size_t)image->Top * header->width + (size_t)image->Left;
  for (int pass = image->Interlace ? 0 : 3; pass < 4; pass++) {
    int step = image->Interlace ? steps[pass] : 1;
    for (int y = image->Interlace ? starts[pass] : 0; y < image->Height; y += step) {
      if (DGifGetLine(gif, origin + (size_t)y * header->width, image->Width) != GIF_OK) return refuse(work, gif);
    }
  }
  return 1;
}

// Whether the blocks after the first image are there up to the next one, or the file's own end.
static int check_rest(gif_work *work) {
  while (work->left > 0) {
    size_t skipped;
    switch (work->next[0]) {
      case '!': skipped = 2; break;
      default: return 1;
    }
    for (;;) {
      if (skipped >= work->left) break;
      work->next += skipped;
      work->left -= skipped;
      skipped = 1 + (size_t)work->next[0];
      if (skipped == 1) break;
    }
    if (skipped != 1 || work->left == 0) break;
    work->next++;
    work->left--;
  }
  work->past_end = 1;
  return fail(work, IMAGE_TRUNCATED, "");
}

static image_result read_gif(
  const unsigned char *bytes, size_t count, const image_header *expected, image_header *header,
  image_gif_layout *layout, unsigned char *pixels) {
  gif_work work = {.next = bytes, .left = count};
  int error = 0;
  GifFileType *gif = DGifOpen(&work, take, &error);
  if (!gif) {
    fail(&work, error == D_GIF_ERR_NOT_ENOUGH_MEM ? IMAGE_OUT_OF_MEMORY : IMAGE_DAMAGED, "no header");
    return work.result;
  }
  *layout = (image_gif_layout){0};
  if (find_image(&work, gif, layout)) {
    read_layout(gif, header, layout);
    if (pixels) {
      if (header->width != expected->width || header->height != expected->height) {
        fail(&work, IMAGE_DAMAGED, "the header changed while it was read");
      } else if (read_rows(&work, gif, header, layout, pixels)) {
        check_rest(&work);
      }
    }
  }
  DGifCloseFile(gif, &error);
  return work.result;
}

image_result image_gif_header(
  const unsigned char *bytes, size_t count, image_header *header, image_gif_layout *layout) {
  return read_gif(bytes, count, NULL, header, layout, NULL);
}

image_result image_gif_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels) {
  image_header found = {0};
  image_gif_layout layout;
  return read_gif(bytes, count, header, &found, &layout, pixels);
}
