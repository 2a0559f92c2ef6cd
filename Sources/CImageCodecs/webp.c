#include "image_codecs.h"

#include <stdio.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static image_result failed(image_status status, const char *message) {
  image_result result = {.status = status};
  snprintf(result.message, IMAGE_MESSAGE_SIZE, "%s", message);
  return result;
}

static image_result result_of(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK: return (image_result){.status = IMAGE_OK};
    case VP8_STATUS_OUT_OF_MEMORY: return failed(IMAGE_OUT_OF_MEMORY, "no memory for a WebP image");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return failed(IMAGE_TRUNCATED, "the data of the image end too early");
    case VP8_STATUS_UNSUPPORTED_FEATURE: return failed(IMAGE_UNSUPPORTED, "a feature that libwebp lacks");
    default: return failed(IMAGE_DAMAGED, "the data of the image contradict themselves");
  }
}

// The first frame of a file; `*demuxer` is to be deleted in any case.
static image_result first_frame(
  const unsigned char *bytes, size_t count, WebPDemuxer **demuxer, WebPIterator *frame) {
  const WebPData data = {bytes, count};
  WebPDemuxState state;
  *demuxer = WebPDemuxPartial(&data, &state);
  if (state == WEBP_DEMUX_PARSE_ERROR) return failed(IMAGE_DAMAGED, "the chunks contradict themselves");
  if (!*demuxer || state != WEBP_DEMUX_DONE) return failed(IMAGE_TRUNCATED, "the file ends within a chunk");
  if (!WebPDemuxGetFrame(*demuxer, 1, frame)) return failed(IMAGE_DAMAGED, "no frame");
  return (image_result){.status = IMAGE_OK};
}

image_result image_webp_header(const unsigned char *bytes, size_t count, image_header *header) {
  WebPDemuxer *demuxer;
  WebPIterator frame = {0};
  image_result result = first_frame(bytes, count, &demuxer, &frame);
  if (result.status == IMAGE_OK) {
    *header = (image_header){
      WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH), WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT), 3};
    WebPDemuxReleaseIterator(&frame);
  }
  WebPDemuxDelete(demuxer);
  return result;
}

image_result image_webp_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels) {
  WebPDemuxer *demuxer;
  WebPIterator frame = {0};
  image_result result = first_frame(bytes, count, &demuxer, &frame);
  if (result.status == IMAGE_OK) {
    size_t stride = 3 * header->width;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
      result = failed(IMAGE_UNSUPPORTED, "another version of libwebp");
    } else {
      result = result_of(WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input));
    }
    if (result.status == IMAGE_OK) {
      int fits = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width > 0 && frame.height > 0 &&
                 config.input.width == frame.width && config.input.height == frame.height &&
                 (size_t)frame.x_offset + (size_t)frame.width <= header->width &&
                 (size_t)frame.y_offset + (size_t)frame.height <= header->height;
      if (!fits) {
        result = failed(IMAGE_DAMAGED, "the first frame is not that of the canvas");
      } else {
        memset(pixels, 0, stride * header->height);
        unsigned char *start = pixels + (size_t)frame.y_offset * stride + 3 * (size_t)frame.x_offset;
        config.output.colorspace = MODE_RGB;
        config.output.is_external_memory = 1;
        config.output.u.RGBA.rgba = start;
        config.output.u.RGBA.stride = (int)stride;
        config.output.u.RGBA.size = stride * ((size_t)frame.height - 1) + 3 * (size_t)frame.width;
        result = result_of(WebPDecode(frame.fragment.bytes, frame.fragment.size, &config));
        WebPFreeDecBuffer(&config.output);
      }
    }
    WebPDemuxReleaseIterator(&frame);
  }
  WebPDemuxDelete(demuxer);
  return result;
}
