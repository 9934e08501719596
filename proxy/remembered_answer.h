// SPDX-License-Identifier: Apache-2.0
// Answers a request with what the hub said to an earlier one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/fields.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/services.h"

namespace weir::proxy {

struct RememberedAnswer {
  int status = 200;
  http::Fields fields;
  std::shared_ptr<const std::string> body;
  bool head_only = false;
  Basis basis = Basis::memory;
};

class RememberedExchange : public Exchange {
 public:
  RememberedExchange(const Services& services, Responder& responder, RememberedAnswer answer)
      : services_(services), responder_(responder), answer_(std::move(answer)) {}

  void start() override;
  void on_writable() override;

 private:
  const Services& services_;
  Responder& responder_;
  const RememberedAnswer answer_;
  std::string_view rest_;  // of the body
};

}  // namespace weir::proxy
