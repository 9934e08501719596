// SPDX-License-Identifier: Apache-2.0
#include "upstream/blob_answer.h"

#include <algorithm>

#include "http/range.h"
#include "http/text.h"

namespace weir::upstream {
namespace {

constexpr uint64_t kMaxRetryAfterSeconds = 300;

std::optional<Duration> retry_after(const http::Fields& fields) {
  auto seconds = http::parse_decimal(fields.get("Retry-After"));
  if (!seconds) return std::nullopt;
  return Duration(1000 * static_cast<Duration::rep>(std::min(*seconds, kMaxRetryAfterSeconds)));
}

BlobAnswer broken(std::string reason) {
  return BlobAnswer{BlobAnswer::Kind::broken, 0, std::nullopt, std::move(reason)};
}

BlobAnswer judge_whole(const http::ResponseHead& head, uint64_t offset, uint64_t size) {
  if (auto* length = head.fields.find("Content-Length"); length && http::parse_decimal(*length) != size)
    return broken("it says that the file has " + *length + " bytes where the hub said " + std::to_string(size));
  return BlobAnswer{BlobAnswer::Kind::use, offset, std::nullopt, ""};
}

BlobAnswer judge_part(const http::ResponseHead& head, uint64_t offset, uint64_t size) {
  auto range = http::parse_content_range(head.fields.get("Content-Range"));
  if (!range) return broken("its 206 has no Content-Range that can be read");
  if (range->size != size) return broken("its Content-Range contradicts the size that the hub said");
  if (range->range.begin != offset) return broken("it sent another range than the one that was asked for");
  return BlobAnswer{BlobAnswer::Kind::use, 0, std::nullopt, ""};
}

}  // namespace

BlobAnswer judge_blob_answer(const http::ResponseHead& head, uint64_t offset, uint64_t size) {
  auto encoding = head.fields.get("Content-Encoding");
  if (head.status / 100 == 2 && !encoding.empty() && !http::equals_ignoring_case(encoding, "identity"))
    return broken("it is encoded (" + std::string(encoding) + ") although that was not asked for");
  auto status = "the answer was " + std::to_string(head.status);
  switch (head.status) {
    case 200:
      return judge_whole(head, offset, size);
    case 206:
      return judge_part(head, offset, size);
    case 401:
    case 403:
    case 410:
      return BlobAnswer{BlobAnswer::Kind::expired, 0, std::nullopt, status};
    case 404:
      return BlobAnswer{BlobAnswer::Kind::missing, 0, std::nullopt, status};
    case 408:
    case 429:
      return BlobAnswer{BlobAnswer::Kind::later, 0, retry_after(head.fields), status};
    default:
      break;
  }
  if (head.status >= 500) return BlobAnswer{BlobAnswer::Kind::later, 0, retry_after(head.fields), status};
  return broken(status);
}

}  // namespace weir::upstream
