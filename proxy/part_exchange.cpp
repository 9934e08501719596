// SPDX-License-Identifier: Apache-2.0
#include "proxy/part_exchange.h"

#include <utility>

#include "http/range.h"
#include "proxy/error_answer.h"
#include "proxy/origin_request.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

class PartFilter : public AnswerFilter {
 public:
  PartFilter(Responder& responder, FileRequest file, ByteRange range)
      : responder_(responder), file_(std::move(file)), range_(range) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) override {
    auto part = http::parse_content_range(head.fields.get("Content-Range"));
    bool right = head.status == 206 && part && part->range == range_ && part->size == file_.size &&
                 length == range_.size() && !head.fields.has("Content-Encoding");
    if (!right)
      return std::make_unique<ErrorExchange>(
          responder_, 502,
          file_.source->host + " did not give the part of the file that was asked for (its answer was " +
              std::to_string(head.status) + ").");
    head.reason = http::reason_of(206);
    head.fields = std::move(file_.answer);
    head.fields.set("Content-Range", http::content_range(range_, file_.size));
    return nullptr;
  }

 private:
  Responder& responder_;
  FileRequest file_;
  ByteRange range_;
};

}  // namespace

std::unique_ptr<Exchange> make_part_exchange(WorkerContext& context, Responder& responder, FileRequest file,
                                             ByteRange range) {
  auto value = "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
  auto request = make_range_request(*file.source, value, file.request.get("User-Agent"), context.services.pseudonym);
  return std::make_unique<RelayExchange>(context, responder, std::move(request),
                                         std::make_unique<PartFilter>(responder, std::move(file), range));
}

}  // namespace weir::proxy
