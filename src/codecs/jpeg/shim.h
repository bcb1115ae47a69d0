/* What the Rust side may call. Every function catches libjpeg's longjmp itself. */
#ifndef PIXMILL_JPEG_SHIM_H
#define PIXMILL_JPEG_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct pm_decoder pm_decoder;

/* Asked from inside long calls; not 0 means stop. */
typedef int (*pm_poll)(void *context);

enum { PM_OK = 0, PM_FAILED = -1, PM_STOPPED = -2, PM_SCANS = -3 };

pm_decoder *pm_decoder_new(void);
void pm_decoder_free(pm_decoder *decoder);
/* Reads the header and sets the scale of luma and chroma, in eighths, and the output: 1 grey, 3 RGB, 4 CMYK as stored;
 * or, if `chroma` is not 0, planes as they are stored. */
int pm_decoder_open(pm_decoder *decoder, const uint8_t *data, size_t length, unsigned eighths,
                    unsigned chroma, unsigned *width, unsigned *height, unsigned *components,
                    int *adobe);
/* A file in several scans is read to its end here, polling once per row of blocks. */
int pm_decoder_start(pm_decoder *decoder, pm_poll poll, void *context, int scan_limit);
/* Reads up to `rows` rows of `stride` bytes; the number read, or a failure. */
int pm_decoder_read(pm_decoder *decoder, uint8_t *samples, size_t stride, unsigned rows);
/* After the start: the room that a row of units needs in that plane, rows and samples in each. */
int pm_decoder_room(const pm_decoder *decoder, unsigned plane, unsigned *rows, unsigned *width);
/* Reads a row of units into `planes` planes with that room each. */
int pm_decoder_read_planes(pm_decoder *decoder, uint8_t *const *samples, unsigned planes);
/* Looks at what follows the last row. */
int pm_decoder_finish(pm_decoder *decoder);
const char *pm_decoder_message(const pm_decoder *decoder);

#endif
