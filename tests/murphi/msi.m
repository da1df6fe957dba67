-- MSI: 2 cores, 1 line, 2 values.
--
-- Written by `tearline export`. It has the same states as tearline's own proof, one for
-- one. To explore it:
--   rumur --symmetry-reduction off --deadlock-detection off --output model.c model.m
--   cc -std=c11 -O3 -mcx16 model.c -o model -lpthread && ./model
-- A deadlock is an invariant here: that a core can ask for something is no progress.

type
  cache_number: 0..1;
  data_value: 0..1;
  cache_state: enum { M, S, I };

var
  cache: array [cache_number] of record
    state: cache_state;
    value: data_value; -- 0 in I
  end;
  memory: data_value;
  latest: data_value; -- what the last store left

-- Whether a core may read, and write, without the bus.
function may_read(s: cache_state): boolean; begin
  return s = M | s = S;
end;

function may_write(s: cache_state): boolean; begin
  return s = M;
end;

-- The core writes a part of the line: the rest must be the latest.
procedure write(number: cache_number; stored: data_value); begin
  assert cache[number].value = latest "data value: a store to a stale copy";
  cache[number].value := stored;
  latest := stored;
end;

-- All other caches that have the line meet BusRd.
procedure BusRd(requester: cache_number; var shared: boolean);
var
  supplied: boolean;
begin
  shared := false;
  supplied := false;
  for other: cache_number do
    if other != requester then
      switch cache[other].state
        case I: -- it has not the line
        case M:
          memory := cache[other].value;
          if !supplied then
            cache[requester].value := cache[other].value;
            supplied := true;
          endif;
          cache[other].state := S;
        case S:
      endswitch;
    endif;
  endfor;
  if !supplied & cache[requester].state = I then
    cache[requester].value := memory;
  endif;
end;

-- All other caches that have the line meet BusRdX.
procedure BusRdX(requester: cache_number; var shared: boolean);
var
  supplied: boolean;
begin
  shared := false;
  supplied := false;
  for other: cache_number do
    if other != requester then
      switch cache[other].state
        case I: -- it has not the line
        case M:
          memory := cache[other].value;
          if !supplied then
            cache[requester].value := cache[other].value;
            supplied := true;
          endif;
          cache[other].state := I;
          cache[other].value := 0;
        case S:
          cache[other].state := I;
          cache[other].value := 0;
      endswitch;
    endif;
  endfor;
  if !supplied & cache[requester].state = I then
    cache[requester].value := memory;
  endif;
end;

-- All other caches that have the line meet BusUpgr.
procedure BusUpgr(requester: cache_number; var shared: boolean);
begin
  shared := false;
  for other: cache_number do
    if other != requester then
      switch cache[other].state
        case I: -- it has not the line
        case M:
          error "no cell (M, BusUpgr)";
        case S:
          cache[other].state := I;
          cache[other].value := 0;
      endswitch;
    endif;
  endfor;
end;

ruleset number: cache_number do
  ruleset stored: data_value do
    rule "M, Store" cache[number].state = M ==> begin
      write(number, stored);
    endrule;
  endruleset;
  rule "M, Evict" cache[number].state = M ==> begin
    memory := cache[number].value;
    cache[number].state := I;
    cache[number].value := 0;
  endrule;
  ruleset stored: data_value do
    rule "S, Store" cache[number].state = S ==> var shared: boolean; begin
      BusUpgr(number, shared);
      cache[number].state := M;
      write(number, stored);
    endrule;
  endruleset;
  rule "S, Evict" cache[number].state = S ==> begin
    cache[number].state := I;
    cache[number].value := 0;
  endrule;
  rule "I, Load" cache[number].state = I ==> var shared: boolean; begin
    BusRd(number, shared);
    cache[number].state := S;
    assert cache[number].value = latest "data value: a load of a stale copy";
  endrule;
  ruleset stored: data_value do
    rule "I, Store" cache[number].state = I ==> var shared: boolean; begin
      BusRdX(number, shared);
      cache[number].state := M;
      write(number, stored);
    endrule;
  endruleset;
endruleset;

startstate
  for number: cache_number do
    cache[number].state := I;
    cache[number].value := 0;
  endfor;
  memory := 0;
  latest := 0;
endstartstate;

invariant "single writer or many readers"
  forall number: cache_number do may_write(cache[number].state) ->
    forall other: cache_number do
      number != other -> !may_read(cache[other].state) & !may_write(cache[other].state)
    endforall
  endforall;

invariant "data value"
  forall number: cache_number do
    may_read(cache[number].state) | may_write(cache[number].state)
      -> cache[number].value = latest
  endforall;
