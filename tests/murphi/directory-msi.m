-- directory MSI: 2 cores, 1 line, 2 values.
--
-- Written by `tearline export`. It has the same states as tearline's own proof, one for
-- one. To explore it:
--   rumur --symmetry-reduction off --deadlock-detection off --output model.c model.m
--   cc -std=c11 -O3 -mcx16 model.c -o model -lpthread && ./model
-- A deadlock is an invariant here: that a core can ask for something is no progress.

const
  home_node: 2;
  nobody: 3;

type
  node: 0..2;
  maybe_node: 0..3;
  cache_node: 0..1;
  data_value: 0..1;
  count_value: -3..4;
  ack_count: 0..3;
  cache_state: enum { cache_I, cache_S, cache_M, cache_IS_D, cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A, cache_MI_A, cache_SI_A, cache_II_A };
  home_state: enum { home_I, home_S, home_M, home_S_D };
  request_kind: enum { GetS, GetM, PutS, PutM };
  request_message: record
    kind: request_kind;
    requester: node;
    line: data_value;
  end;
  forward_kind: enum { Fwd_GetS, Fwd_GetM, Inv, Put_Ack };
  forward_message: record
    kind: forward_kind;
    requester: node;
  end;
  response_kind: enum { Data, Inv_Ack };
  response_message: record
    kind: response_kind;
    receiver: node;
    acks: ack_count;
    line: data_value;
  end;

var
  cache: array [cache_node] of record
    state: cache_state;
    value: data_value;
    acks: count_value;
  end;
  home: record
    state: home_state;
    value: data_value;
    owner: maybe_node;
    sharers: array [node] of boolean;
  end;
  request: record -- in no order
    at: array [0..7] of request_message;
    count: 0..8;
  end;
  forward: array [cache_node] of record -- in order from one node to another
    at: array [0..3] of forward_message;
    count: 0..4;
  end;
  response: record -- in no order
    at: array [0..7] of response_message;
    count: 0..8;
  end;
  latest: data_value; -- what the last store left

-- In which states the core of a cache may read, and write, at once.
function cache_reads(s: cache_state): boolean; begin
  return s = cache_S | s = cache_M | s = cache_SM_AD | s = cache_SM_A;
end;

function cache_writes(s: cache_state): boolean; begin
  return s = cache_M;
end;

function request_rank(kind: request_kind): count_value; begin
  switch kind
    case GetS: return 0;
    case GetM: return 1;
    case PutS: return 2;
    case PutM: return 3;
  endswitch;
end;

function request_after(i: 0..7; kind: request_kind; requester: node; line: data_value): boolean; begin
  if request.at[i].kind != kind then
    return request_rank(request.at[i].kind) > request_rank(kind);
  endif;
  if request.at[i].requester != requester then
    return request.at[i].requester > requester;
  endif;
  if request.at[i].line != line then
    return request.at[i].line > line;
  endif;
  return false;
end;

procedure request_send(kind: request_kind; requester: node; line: data_value);
var j: 0..8;
begin
  if request.count = 8 then
    error "bounded channels: request has no place for another message";
  endif;
  j := request.count;
  while j > 0 & request_after(j - 1, kind, requester, line) do
    request.at[j] := request.at[j - 1];
    j := j - 1;
  endwhile;
  request.at[j].kind := kind;
  request.at[j].requester := requester;
  request.at[j].line := line;
  request.count := request.count + 1;
end;

procedure request_remove(i: 0..7);
var j: 0..8;
begin
  j := i;
  while j + 1 < request.count do
    request.at[j] := request.at[j + 1];
    j := j + 1;
  endwhile;
  undefine request.at[j];
  request.count := request.count - 1;
end;

procedure forward_send(kind: forward_kind; to_node: cache_node; requester: node);
var j: 0..4;
begin
  if forward[to_node].count = 4 then
    error "bounded channels: forward has no place for another message";
  endif;
  j := forward[to_node].count;
  forward[to_node].at[j].kind := kind;
  forward[to_node].at[j].requester := requester;
  forward[to_node].count := forward[to_node].count + 1;
end;

procedure forward_remove(to_node: cache_node);
var j: 0..4;
begin
  j := 0;
  while j + 1 < forward[to_node].count do
    forward[to_node].at[j] := forward[to_node].at[j + 1];
    j := j + 1;
  endwhile;
  undefine forward[to_node].at[j];
  forward[to_node].count := forward[to_node].count - 1;
end;

function response_rank(kind: response_kind): count_value; begin
  switch kind
    case Data: return 0;
    case Inv_Ack: return 1;
  endswitch;
end;

function response_after(i: 0..7; kind: response_kind; receiver: node; acks: ack_count; line: data_value): boolean; begin
  if response.at[i].kind != kind then
    return response_rank(response.at[i].kind) > response_rank(kind);
  endif;
  if response.at[i].receiver != receiver then
    return response.at[i].receiver > receiver;
  endif;
  if response.at[i].acks != acks then
    return response.at[i].acks > acks;
  endif;
  if response.at[i].line != line then
    return response.at[i].line > line;
  endif;
  return false;
end;

procedure response_send(kind: response_kind; receiver: node; acks: ack_count; line: data_value);
var j: 0..8;
begin
  if response.count = 8 then
    error "bounded channels: response has no place for another message";
  endif;
  j := response.count;
  while j > 0 & response_after(j - 1, kind, receiver, acks, line) do
    response.at[j] := response.at[j - 1];
    j := j - 1;
  endwhile;
  response.at[j].kind := kind;
  response.at[j].receiver := receiver;
  response.at[j].acks := acks;
  response.at[j].line := line;
  response.count := response.count + 1;
end;

procedure response_remove(i: 0..7);
var j: 0..8;
begin
  j := i;
  while j + 1 < response.count do
    response.at[j] := response.at[j + 1];
    j := j + 1;
  endwhile;
  undefine response.at[j];
  response.count := response.count - 1;
end;

function home_set_size(requester: node): count_value;
var k: count_value;
begin
  k := 0;
  for x: node do
    if (home.sharers[x] & !(x = requester)) then k := k + 1; endif;
  endfor;
  return k;
end;

-- Whether cache takes Fwd-GetS now.
function cache_takes_Fwd_GetS(n: cache_node; requester: node): boolean; begin
  switch cache[n].state
    case cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A: return false;
    else return true;
  endswitch;
end;

procedure cache_meets_Fwd_GetS(n: cache_node; requester: node); begin
  -- Fwd-GetS
  switch cache[n].state
    case cache_M:
      for x: node do
        if (x = requester | x = home_node) then response_send(Data, x, 0, cache[n].value); endif;
      endfor;
      cache[n].state := cache_S;
    case cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A:
      -- stalled
    case cache_MI_A:
      for x: node do
        if (x = requester | x = home_node) then response_send(Data, x, 0, cache[n].value); endif;
      endfor;
      cache[n].state := cache_SI_A;
      cache[n].value := 0;
    else error "no cell of cache for Fwd-GetS";
  endswitch;
end;

-- Whether cache takes Fwd-GetM now.
function cache_takes_Fwd_GetM(n: cache_node; requester: node): boolean; begin
  switch cache[n].state
    case cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A: return false;
    else return true;
  endswitch;
end;

procedure cache_meets_Fwd_GetM(n: cache_node; requester: node); begin
  -- Fwd-GetM
  switch cache[n].state
    case cache_M:
      response_send(Data, requester, 0, cache[n].value);
      cache[n].state := cache_I;
      cache[n].value := 0;
    case cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A:
      -- stalled
    case cache_MI_A:
      response_send(Data, requester, 0, cache[n].value);
      cache[n].state := cache_II_A;
      cache[n].value := 0;
    else error "no cell of cache for Fwd-GetM";
  endswitch;
end;

-- Whether cache takes Inv now.
function cache_takes_Inv(n: cache_node; requester: node): boolean; begin
  switch cache[n].state
    case cache_IS_D: return false;
    else return true;
  endswitch;
end;

procedure cache_meets_Inv(n: cache_node; requester: node); begin
  -- Inv
  switch cache[n].state
    case cache_S:
      response_send(Inv_Ack, requester, 0, 0);
      cache[n].state := cache_I;
      cache[n].value := 0;
    case cache_IS_D:
      -- stalled
    case cache_SM_AD:
      response_send(Inv_Ack, requester, 0, 0);
      cache[n].state := cache_IM_AD;
      cache[n].value := 0;
    case cache_SI_A:
      response_send(Inv_Ack, requester, 0, 0);
      cache[n].state := cache_II_A;
    else error "no cell of cache for Inv";
  endswitch;
end;

procedure cache_meets_Put_Ack(n: cache_node); begin
  -- Put-Ack
  switch cache[n].state
    case cache_MI_A:
      cache[n].state := cache_I;
      cache[n].value := 0;
    case cache_SI_A, cache_II_A:
      cache[n].state := cache_I;
    else error "no cell of cache for Put-Ack";
  endswitch;
end;

-- Whether cache takes Data now.
function cache_takes_Data(n: cache_node; acks: ack_count; stored: data_value): boolean; begin
  if cache[n].acks + acks = 0 then
    switch cache[n].state
      case cache_IM_AD, cache_SM_AD: return true;
      else return stored = 0;
    endswitch;
  elsif cache[n].acks + acks > 0 then
    return stored = 0;
  else
    return stored = 0;
  endif;
end;

procedure cache_meets_Data(n: cache_node; acks: ack_count; line: data_value; stored: data_value); begin
  if cache[n].acks + acks = 0 then
    -- Data
    switch cache[n].state
      case cache_IS_D:
        cache[n].value := line;
        assert cache[n].value = latest "data value: a load of a stale copy";
        cache[n].state := cache_S;
      case cache_IM_AD, cache_SM_AD:
        cache[n].value := line;
        assert cache[n].value = latest "data value: a store to a stale copy";
        cache[n].value := stored;
        latest := stored;
        cache[n].acks := 0;
        cache[n].state := cache_M;
      else error "no cell of cache for Data";
    endswitch;
  elsif cache[n].acks + acks > 0 then
    -- Data, acks
    switch cache[n].state
      case cache_IM_AD:
        cache[n].value := line;
        cache[n].acks := cache[n].acks + acks;
        cache[n].state := cache_IM_A;
      case cache_SM_AD:
        cache[n].value := line;
        cache[n].acks := cache[n].acks + acks;
        cache[n].state := cache_SM_A;
      else error "no cell of cache for Data, acks";
    endswitch;
  else
    error "Data is none of the events of cache";
  endif;
end;

-- Whether cache takes Inv-Ack now.
function cache_takes_Inv_Ack(n: cache_node; stored: data_value): boolean; begin
  if cache[n].acks = 1 then
    switch cache[n].state
      case cache_IM_A, cache_SM_A: return true;
      else return stored = 0;
    endswitch;
  else
    return stored = 0;
  endif;
end;

procedure cache_meets_Inv_Ack(n: cache_node; stored: data_value); begin
  if cache[n].acks = 1 then
    -- Last Inv-Ack
    switch cache[n].state
      case cache_IM_A, cache_SM_A:
        assert cache[n].value = latest "data value: a store to a stale copy";
        cache[n].value := stored;
        latest := stored;
        cache[n].acks := 0;
        cache[n].state := cache_M;
      else error "no cell of cache for Last Inv-Ack";
    endswitch;
  else
    -- Inv-Ack
    switch cache[n].state
      case cache_IM_AD, cache_IM_A, cache_SM_AD, cache_SM_A:
        cache[n].acks := cache[n].acks - 1;
      else error "no cell of cache for Inv-Ack";
    endswitch;
  endif;
end;

-- Whether home takes GetS now.
function home_takes_GetS(requester: node): boolean; begin
  switch home.state
    case home_S_D: return false;
    else return true;
  endswitch;
end;

procedure home_meets_GetS(requester: node); begin
  -- GetS
  switch home.state
    case home_I:
      response_send(Data, requester, 0, home.value);
      home.sharers[requester] := true;
      home.state := home_S;
    case home_S:
      response_send(Data, requester, 0, home.value);
      home.sharers[requester] := true;
    case home_M:
      if home.owner != nobody then forward_send(Fwd_GetS, home.owner, requester); endif;
      for x: node do home.sharers[x] := ((home.sharers[x] | x = requester) | x = home.owner); endfor;
      home.owner := nobody;
      home.state := home_S_D;
    case home_S_D:
      -- stalled
    else error "no cell of home for GetS";
  endswitch;
end;

-- Whether home takes GetM now.
function home_takes_GetM(requester: node): boolean; begin
  switch home.state
    case home_S_D: return false;
    else return true;
  endswitch;
end;

procedure home_meets_GetM(requester: node); begin
  -- GetM
  switch home.state
    case home_I:
      response_send(Data, requester, 0, home.value);
      home.owner := requester;
      home.state := home_M;
      home.value := 0;
    case home_S:
      response_send(Data, requester, home_set_size(requester), home.value);
      for x: node do
        if (home.sharers[x] & !(x = requester)) then forward_send(Inv, x, requester); endif;
      endfor;
      for x: node do home.sharers[x] := false; endfor;
      home.owner := requester;
      home.state := home_M;
      home.value := 0;
    case home_M:
      if home.owner != nobody then forward_send(Fwd_GetM, home.owner, requester); endif;
      home.owner := requester;
    case home_S_D:
      -- stalled
    else error "no cell of home for GetM";
  endswitch;
end;

procedure home_meets_PutS(requester: node); begin
  if (forall x: node do (home.sharers[x]) = (x = requester) endforall) then
    -- last PutS
    switch home.state
      case home_S:
        home.sharers[requester] := false;
        forward_send(Put_Ack, requester, 0);
        home.state := home_I;
      case home_S_D:
        home.sharers[requester] := false;
        forward_send(Put_Ack, requester, 0);
      else error "no cell of home for last PutS";
    endswitch;
  else
    -- PutS
    switch home.state
      case home_I, home_M:
        forward_send(Put_Ack, requester, 0);
      case home_S, home_S_D:
        home.sharers[requester] := false;
        forward_send(Put_Ack, requester, 0);
      else error "no cell of home for PutS";
    endswitch;
  endif;
end;

procedure home_meets_PutM(requester: node; line: data_value); begin
  if requester = home.owner then
    -- owner's PutM
    switch home.state
      case home_M:
        home.value := line;
        home.owner := nobody;
        forward_send(Put_Ack, requester, 0);
        home.state := home_I;
      else error "no cell of home for owner's PutM";
    endswitch;
  else
    -- other's PutM
    switch home.state
      case home_I, home_M:
        forward_send(Put_Ack, requester, 0);
      case home_S, home_S_D:
        home.sharers[requester] := false;
        forward_send(Put_Ack, requester, 0);
      else error "no cell of home for other's PutM";
    endswitch;
  endif;
end;

procedure home_meets_Data(acks: ack_count; line: data_value); begin
  -- Data
  switch home.state
    case home_S_D:
      home.value := line;
      home.state := home_S;
    else error "no cell of home for Data";
  endswitch;
end;

-- Whether a message arrives now.
function request_delivers(i: 0..7): boolean; begin
  switch request.at[i].kind
    case GetS:
      return home_takes_GetS(request.at[i].requester);
    case GetM:
      return home_takes_GetM(request.at[i].requester);
    case PutS:
      return true;
    case PutM:
      return true;
  endswitch;
end;

-- Whether a message arrives now.
function forward_delivers(to_node: cache_node): boolean; begin
  switch forward[to_node].at[0].kind
    case Fwd_GetS:
      return cache_takes_Fwd_GetS(to_node, forward[to_node].at[0].requester);
    case Fwd_GetM:
      return cache_takes_Fwd_GetM(to_node, forward[to_node].at[0].requester);
    case Inv:
      return cache_takes_Inv(to_node, forward[to_node].at[0].requester);
    case Put_Ack:
      return true;
  endswitch;
end;

-- Whether a message arrives now; with `stored`, if that performs a store.
function response_delivers(i: 0..7; stored: data_value): boolean; begin
  switch response.at[i].kind
    case Data:
      if response.at[i].receiver >= 0 & response.at[i].receiver <= 1 then
        return cache_takes_Data(response.at[i].receiver, response.at[i].acks, stored);
      elsif response.at[i].receiver = home_node then
        return stored = 0;
      else
        return stored = 0;
      endif;
    case Inv_Ack:
      if response.at[i].receiver >= 0 & response.at[i].receiver <= 1 then
        return cache_takes_Inv_Ack(response.at[i].receiver, stored);
      else
        return stored = 0;
      endif;
  endswitch;
end;

-- Whether something that is under way can be served.
function progress(): boolean; begin
  for i: 0..7 do if i < request.count & request_delivers(i) then return true; endif; endfor;
  for to_node: cache_node do if forward[to_node].count > 0 & forward_delivers(to_node) then return true; endif; endfor;
  for i: 0..7 do if i < response.count & response_delivers(i, 0) then return true; endif; endfor;
  return false;
end;

-- Whether nothing is under way.
function quiet(): boolean; begin
  if request.count > 0 then return false; endif;
  for to_node: cache_node do if forward[to_node].count > 0 then return false; endif; endfor;
  if response.count > 0 then return false; endif;
  for n: cache_node do if cache[n].state = cache_IS_D | cache[n].state = cache_IM_AD | cache[n].state = cache_IM_A | cache[n].state = cache_SM_AD | cache[n].state = cache_SM_A | cache[n].state = cache_MI_A | cache[n].state = cache_SI_A | cache[n].state = cache_II_A then return false; endif; endfor;
  if home.state = home_S_D then return false; endif;
  return true;
end;

ruleset n: cache_node do
  rule "cache: I, Load" cache[n].state = cache_I ==> begin
    request_send(GetS, n, 0);
    cache[n].state := cache_IS_D;
  endrule;
endruleset;

ruleset n: cache_node do
  rule "cache: I, Store" cache[n].state = cache_I ==> begin
    request_send(GetM, n, 0);
    cache[n].state := cache_IM_AD;
  endrule;
endruleset;

ruleset n: cache_node do
  rule "cache: S, Store" cache[n].state = cache_S ==> begin
    request_send(GetM, n, 0);
    cache[n].state := cache_SM_AD;
  endrule;
endruleset;

ruleset n: cache_node do
  rule "cache: S, Evict" cache[n].state = cache_S ==> begin
    request_send(PutS, n, 0);
    cache[n].state := cache_SI_A;
    cache[n].value := 0;
  endrule;
endruleset;

ruleset n: cache_node; stored: data_value do
  rule "cache: M, Store" cache[n].state = cache_M ==> begin
    assert cache[n].value = latest "data value: a store to a stale copy";
    cache[n].value := stored;
    latest := stored;
  endrule;
endruleset;

ruleset n: cache_node do
  rule "cache: M, Evict" cache[n].state = cache_M ==> begin
    request_send(PutM, n, cache[n].value);
    cache[n].state := cache_MI_A;
  endrule;
endruleset;

ruleset i: 0..7 do
  rule "request: a message arrives" i < request.count & request_delivers(i) ==>
  var m: request_message;
  begin
    m := request.at[i];
    request_remove(i);
    switch m.kind
      case GetS:
        home_meets_GetS(m.requester);
      case GetM:
        home_meets_GetM(m.requester);
      case PutS:
        home_meets_PutS(m.requester);
      case PutM:
        home_meets_PutM(m.requester, m.line);
    endswitch;
  endrule;
endruleset;

ruleset to_node: cache_node do
  rule "forward: a message arrives" forward[to_node].count > 0 & forward_delivers(to_node) ==>
  var m: forward_message;
  begin
    m := forward[to_node].at[0];
    forward_remove(to_node);
    switch m.kind
      case Fwd_GetS:
        cache_meets_Fwd_GetS(to_node, m.requester);
      case Fwd_GetM:
        cache_meets_Fwd_GetM(to_node, m.requester);
      case Inv:
        cache_meets_Inv(to_node, m.requester);
      case Put_Ack:
        cache_meets_Put_Ack(to_node);
    endswitch;
  endrule;
endruleset;

ruleset i: 0..7; stored: data_value do
  rule "response: a message arrives" i < response.count & response_delivers(i, stored) ==>
  var m: response_message;
  begin
    m := response.at[i];
    response_remove(i);
    switch m.kind
      case Data:
        if m.receiver >= 0 & m.receiver <= 1 then
          cache_meets_Data(m.receiver, m.acks, m.line, stored);
        elsif m.receiver = home_node then
          home_meets_Data(m.acks, m.line);
        else
          error "Data goes astray";
        endif;
      case Inv_Ack:
        if m.receiver >= 0 & m.receiver <= 1 then
          cache_meets_Inv_Ack(m.receiver, stored);
        else
          error "Inv_Ack goes astray";
        endif;
    endswitch;
  endrule;
endruleset;

startstate
  for n: cache_node do
    cache[n].state := cache_I;
    cache[n].value := 0;
    cache[n].acks := 0;
  endfor;
  home.state := home_I;
  home.value := 0;
  home.owner := nobody;
  for x: node do home.sharers[x] := false; endfor;
  request.count := 0;
  for to_node: cache_node do forward[to_node].count := 0; endfor;
  response.count := 0;
  latest := 0;
endstartstate;

invariant "single writer or many readers"
  forall n: cache_node do cache_writes(cache[n].state) ->
    forall m: cache_node do
      n != m -> !cache_reads(cache[m].state) & !cache_writes(cache[m].state)
    endforall
  endforall;

invariant "data value"
  forall n: cache_node do
    cache_reads(cache[n].state) | cache_writes(cache[n].state)
      -> cache[n].value = latest
  endforall;

invariant "no deadlock" progress() | quiet();
