/* What the Rust side may call. Every function catches libjpeg's longjmp itself. */
#ifndef PIXMILL_JPEG_SHIM_H
#define PIXMILL_JPEG_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct pm_decoder pm_decoder;
typedef struct pm_encoder pm_encoder;

/* Asked from inside long calls; not 0 means stop. */
typedef int (*pm_poll)(void *context);

enum { PM_OK = 0, PM_FAILED = -1, PM_STOPPED = -2, PM_SCANS = -3 };

pm_decoder *pm_decoder_new(void);
void pm_decoder_free(pm_decoder *decoder);
/* Reads the header and sets the scale and the output: 1 grey, 3 RGB, 4 CMYK as stored. */
int pm_decoder_open(pm_decoder *decoder, const uint8_t *data, size_t length, unsigned eighths,
                    unsigned *width, unsigned *height, unsigned *components, int *adobe);
/* A progressive file is read to its end here, polling once per row of blocks. */
int pm_decoder_start(pm_decoder *decoder, pm_poll poll, void *context, int scan_limit);
/* Reads up to `rows` rows of `stride` bytes; the number read, or a failure. */
int pm_decoder_read(pm_decoder *decoder, uint8_t *samples, size_t stride, unsigned rows);
/* Looks at what follows the last row. */
int pm_decoder_finish(pm_decoder *decoder);
const char *pm_decoder_message(const pm_decoder *decoder);

pm_encoder *pm_encoder_new(void);
void pm_encoder_free(pm_encoder *encoder);
int pm_encoder_start(pm_encoder *encoder, unsigned width, unsigned height, int components,
                     int quality);
int pm_encoder_write(pm_encoder *encoder, const uint8_t *samples, size_t stride, unsigned rows,
                     pm_poll poll, void *context);
/* The bytes belong to the encoder and live until it is freed. */
int pm_encoder_finish(pm_encoder *encoder, const uint8_t **data, size_t *length);
const char *pm_encoder_message(const pm_encoder *encoder);

#endif
