// SPDX-License-Identifier: Apache-2.0
// Heads of requests: what is accepted is plain to any reader, and means the same when it is written again.
#include "http/head.h"
#include "http/hop_by_hop.h"
#include "tests/fuzz/heads.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

void check_accepted(std::string_view head, const http::RequestHead& request) {
  if (head.substr(0, 2) == "\r\n") head.remove_prefix(2);
  auto plain = fuzz::read_plainly(head);
  require(
      plain.first_line == request.method + " " + request.target + " HTTP/1." + std::to_string(request.minor_version),
      "the first line is what was understood");
  require(plain.fields.size() == request.fields.size(), "no field is lost or invented");
  require(plain.count("host") <= 1 && (request.minor_version == 0 || plain.count("host") == 1), "there is one Host");
  require(http::parse_request(http::serialize(request)) == request, "a request survives being written and read again");
  auto framing = http::request_framing(request);
  if (!framing) return;
  fuzz::require_clear_framing(plain, request.minor_version);
  auto relayed = request;
  http::remove_hop_by_hop(relayed.fields);
  require(!relayed.fields.has("Connection") && !relayed.fields.has("Transfer-Encoding"), "fields of one hop are gone");
  require(relayed.fields.count("Host") == request.fields.count("Host"), "Host stays");
  require(relayed.fields.count("Content-Length") == request.fields.count("Content-Length"), "the length stays");
}

void check_unfinished(std::string_view input, size_t end, bool accepted) {
  for (size_t size = 0; size < end; size += end / 16 + 1)
    if (http::refuse_unfinished_request(input.substr(0, size)))
      require(!accepted, "what is refused early is refused in the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  fuzz::require_same_end_at_every_cut(input);
  auto end = http::find_head_end(input);
  if (!end) {
    require(!http::parse_request(input), "an unfinished head is no request");
    return 0;
  }
  auto head = input.substr(0, *end);
  auto request = http::parse_request(head);
  check_unfinished(input, *end, request.has_value());
  if (request) check_accepted(head, *request);
  return 0;
}
