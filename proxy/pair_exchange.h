// SPDX-License-Identifier: Apache-2.0
// The inviting side of pairing (peer/pairing.h): looks at a guest's proof, writes the guest down and proves itself.
// Each attempt uses the invitation up.
#pragma once

#include <utility>

#include "base/address.h"
#include "base/disk_pool.h"
#include "http/fields.h"
#include "peer/peer_list.h"
#include "peer/tls.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

class PairExchange : public Exchange {
 public:
  PairExchange(WorkerContext& context, IpAddress client, const peer::Session& session, http::Fields request,
               Responder& responder)
      : context_(context), client_(client), session_(session), request_(std::move(request)), responder_(responder) {}

  void start() override;

 private:
  void write_down(const peer::Peer& guest, const Sha256& proof);
  void answer(const peer::Peer& guest, const Sha256& proof);

  WorkerContext& context_;
  IpAddress client_;
  peer::Session session_;
  http::Fields request_;
  Responder& responder_;
  DiskTask task_;
};

}  // namespace weir::proxy
