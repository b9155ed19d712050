// The script of the HTML report: computes its figures again for another place, PUE or price of carbon, with the
// arithmetic of reporter/assess and the spelling of reporter/renderers/display.py, and sorts and filters its runs.
"use strict";
{
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const by = (id) => document.getElementById(id);
  const runs = data.runs;
  const count = runs.kwh.length;

  // --- figures as people read them; a test holds this equal to display.py -------------------------------------------

  const { written } = data;

  /** A sentence in the page's language, with what stands in its braces. */
  function say(message, values = {}) {
    return (data.words[message] ?? message).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** A number written in English, with the signs of the page's language. */
  function figure(text) {
    const whole = text.replace(/^[-−]/, "").split(".")[0].replaceAll(",", "");
    const plain = whole.length < written.parted_from ? text.replaceAll(",", "") : text;
    return plain.replace(/[.,]/g, (sign) => (sign === "," ? written.group : written.decimal));
  }

  /** The significant digits that were asked for; "auto": as many as the figure's range supports. */
  function wanted(value, ends) {
    if (written.digits !== "auto") return written.digits;
    if (!ends) return null;
    const half = Math.min(...[value - ends[0], ends[1] - value].filter((part) => part > 0));
    if (half === Infinity || !value) return written.most_digits;
    const places = Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(half));
    return Math.max(written.least_digits, Math.min(written.most_digits, places + 1));
  }

  /** A number with so many decimals and commas; a tie goes to the even digit, as in Python, and not upwards. */
  function fixed(value, decimals) {
    if (decimals < 0) return fixed(Number(fixed(value * 10 ** decimals, 0).replaceAll(",", "")) * 10 ** -decimals, 0);
    let size = Math.abs(value);
    const tie = (size * 2 ** (decimals + 1)) % 2 === 1; // only then does a double lie right between two
    let text = size.toFixed(decimals);
    if (tie && Number(text.at(-1)) % 2) text = (size - size * Number.EPSILON).toFixed(decimals);
    const [whole, part] = text.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return (value < 0 ? "-" : "") + grouped + (part ? "." + part : "");
  }

  function significant(value, digits, like = value) {
    const size = Math.abs(like);
    if (size <= 1e-12) return value.toExponential(digits - 1);
    const place = digits - 1 - Math.floor(Math.log10(size));
    const fuller = Number(fixed(size, place).replaceAll(",", "")) >= 10 ** (digits - place);
    return fixed(value, place - fuller); // 9.97 to two digits is 10, not 10.0
  }

  function number(value, like = value, digits = null) {
    const size = Math.abs(like);
    const many = digits ?? wanted();
    if (size === 0) return "0";
    const decimals = size < 99.9995 ? 3 : size < 999.95 ? 1 : 0;
    const text = many || size < 0.1 ? significant(value, many || 3, size) : fixed(value, decimals);
    return figure(value && !/[1-9]/.test(text) ? significant(value, 1) : text);
  }

  /** The value in the unit that suits its size, or that of the figure ``of`` whose range it ends. */
  function scaled(value, kind, ends = null, of = value) {
    if (value === null) return [say("not told"), ""];
    const size = Math.abs(of);
    const [, scale, unit] = written.scales[kind].find(([from, times]) => (size ? size >= from : times === 1));
    return [number(value * scale, size * scale, wanted(of, ends)), unit];
  }

  const shown = (value, kind, ends) => scaled(value, kind, ends).join(" ").trim();

  function range(ends, kind, of) {
    if (!ends) return "";
    const [low, unit] = scaled(ends[0], kind, ends, of);
    return `${low}–${scaled(ends[1], kind, ends, of)[0]} ${unit}`;
  }

  function intensity(grams) {
    if (grams === null) return say("not told");
    return `${wanted() ? number(grams) : figure(fixed(grams, 1))} gCO₂e/kWh`;
  }

  const ratio = (value) => figure(fixed(value, 3).replace(/\.?0+$/, ""));

  /** Money; ``whole`` and ``ends`` are the value and range of the cost whose value or end this is. */
  function money(value, unit, whole, ends) {
    const digits = wanted(whole, ends);
    const size = Math.abs(whole) || Math.abs(value);
    let decimals = 2;
    while (size > 0 && size < 0.995 * 10 ** (1 - decimals) && decimals < 12) decimals += 1;
    let text = digits && value ? significant(Math.abs(value), digits, size) : fixed(Math.abs(value), decimals);
    if (size > 0 && size < 1e-11) text = Math.abs(value).toExponential(1);
    const sign = written.signs[unit.slice(0, 3)];
    return (value < 0 && /[1-9]/.test(text) ? "-" : "") + sign.replace("{number}", figure(text));
  }

  function quantity(value, digits) {
    const size = Math.abs(value);
    if (size && !(size >= 1e-4 && size < 1e9)) {
      const [mantissa, power] = value.toExponential(digits - 1).split("e");
      const raised = String(Number(power)).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
      return `${figure(mantissa)} × 10${raised}`;
    }
    return size ? figure(size >= 100 && digits === 3 ? fixed(value, 0) : significant(value, digits)) : "0";
  }

  // --- the arithmetic ------------------------------------------------------------------------------------------------

  /** A sum and its range: what runs share adds up, what is each one's own by the root of the sum of squares. */
  class Total {
    value = null;
    parts = new Map();

    add(value, errors) {
      this.value = (this.value ?? 0) + value;
      for (const error of errors) {
        for (const [cause, down, up] of data.errors[error]) {
          const [low, high] = this.parts.get(cause) ?? [0, 0];
          const together = data.shared[cause] ? (one, other) => one + other : Math.hypot;
          this.parts.set(cause, [together(low, value * down), together(high, value * up)]);
        }
      }
    }

    get ends() {
      if (!this.parts.size) return null;
      const sides = [...this.parts.values()];
      const root = (side) => Math.hypot(...sides.map((part) => part[side]));
      return [this.value - root(0), this.value + root(1)];
    }
  }

  /** One run under the choice: energy in kWh with PUE, emissions in kg, and the errors of both. */
  function ofRun(run, choice) {
    const it = runs.kwh[run];
    const pue = choice.pue ?? runs.pue[run];
    const grams = choice.place ? choice.place[2] : runs.intensity[run];
    const kwh = it === null ? null : it * (pue ?? 1);
    const computed = kwh === null || grams === null ? null : kwh * grams * 1e-3;
    const errors = [runs.kwh_error[run], choice.pue === null ? runs.pue_error[run] : 0];
    const all = [...errors, choice.place ? choice.place[3] : runs.intensity_error[run]];
    return { it, pue, grams, kwh, kg: choice.recomputed ? computed : runs.kg[run], errors: { kwh: errors, kg: all } };
  }

  function summed(some) {
    const sums = { kwh: new Total(), kg: new Total() };
    for (const run of some) {
      for (const kind of ["kwh", "kg"]) if (run[kind] !== null) sums[kind].add(run[kind], run.errors[kind]);
    }
    return sums;
  }

  /** Energy, emissions and cost of every run, of the groups and of all, under the choice. */
  function assessed(choice) {
    const all = { it: 0, grams: null, pue: null };
    const made = { choice, all, groups: [], runs: runs.kwh.map((_, run) => ofRun(run, choice)), cost: null };
    let [withPue, emitted, used] = [0, 0, 0];
    made.groups = data.groups.map((members) => summed(members.map((run) => made.runs[run])));
    Object.assign(all, summed(made.runs));
    made.runs.forEach((run) => {
      if (run.pue !== null && run.it !== null) {
        [all.it, withPue] = [all.it + run.it, withPue + run.kwh];
        all.pue ??= run.pue;
      }
      if (run.kwh === null || run.kg === null || run.grams === null) return;
      [emitted, used] = [emitted + run.kg, used + run.kwh];
    });
    if (all.it) all.pue = withPue / all.it;
    if (used > 1e-15) all.grams = (1e3 * emitted) / used;
    made.cost = priced(made.runs, choice.price);
    return made;
  }

  /** What the emissions cost at the price of each run's year, and the range of the series alone. */
  function priced(made, price) {
    const cost = { value: null, ends: [0, 0], ranged: false, price };
    made.forEach(({ kg }, run) => {
      if (kg === null) return;
      const [value, low, high] = price.years[runs.year[run]];
      cost.value = (cost.value ?? 0) + kg * value;
      cost.ends = [low ?? value, high ?? value].map((end, side) => cost.ends[side] + kg * end);
      cost.ranged ||= low !== null || high !== null;
    });
    return cost.value === null ? null : cost;
  }

  // --- what the reader chooses ---------------------------------------------------------------------------------------

  const place = by("place");
  const pue = by("pue");
  const price = by("price");
  const reset = by("reset");
  const note = by("assumptions-note");

  /** The choice: null is *as in the report*; ``wrong`` a PUE that cannot be. */
  function chosen() {
    const wrong = !pue.validity.valid;
    const choice = {
      place: place.value === "" ? null : data.places[place.value],
      pue: wrong || pue.value === "" ? null : Number(pue.value),
      price: data.prices[Number(price.value)],
      repriced: Number(price.value) > 0,
      wrong,
    };
    return { ...choice, recomputed: choice.place !== null || choice.pue !== null };
  }

  const contents = new Map(); // of elements that were changed, as the report has them
  const hidings = new Map();

  function write(element, text) {
    if (!contents.has(element)) contents.set(element, [...element.childNodes]);
    element.replaceChildren(text);
  }

  function show(element, yes) {
    if (!hidings.has(element)) hidings.set(element, element.hidden);
    element.hidden = !yes;
  }

  function restore() {
    for (const [element, nodes] of contents) element.replaceChildren(...nodes);
    for (const [element, hidden] of hidings) element.hidden = hidden;
    contents.clear();
    hidings.clear();
  }

  function line(key, texts) {
    const row = document.querySelector(`#figures-of-all [data-figure="${key}"]`);
    if (!row) return;
    show(row, texts !== null);
    (texts ?? []).forEach((text, column) => text !== null && write(row.cells[column + 1], text));
  }

  function tile(key, label, value, words) {
    const box = document.querySelector(`[data-tile="${key}"]`);
    show(box, value !== null);
    if (value === null) return;
    [label, value, words].forEach((text, part) => text !== null && write(box.children[part], text));
  }

  function costTexts(cost) {
    if (!cost) return null;
    const ends = cost.ranged ? cost.ends : null;
    const spelled = (value) => money(value, cost.price.unit, cost.value, ends);
    const [low, high] = cost.ends.map(spelled);
    const between = /-/.test(low + high) ? say("{low} to {high}", { low, high }) : `${low}–${high}`;
    return [spelled(cost.value), ends ? between : "", cost.price.note, cost.price.source];
  }

  function writeTotals({ all, cost, choice }) {
    const overhead = all.pue !== null && all.pue > 1;
    const both = (sum, kind) => [shown(sum.value, kind, sum.ends), range(sum.ends, kind, sum.value)];
    const [emissions, energy] = [both(all.kg, "mass"), both(all.kwh, "energy")];
    const estimated = say("estimated");
    const pueNote = choice.pue === null ? null : overhead ? estimated : say("no overhead of a data centre counted");
    const [key, label, , , year, boundary, source] = choice.place ?? [];
    if (choice.recomputed) {
      line("pue", all.pue === null ? null : [ratio(all.pue), "", pueNote, choice.pue === null ? null : ""]);
      line("energy", overhead ? energy : null);
      line("intensity", [intensity(all.grams), "", key ? `${label}, ${year}, ${boundary}` : null,
        key ? data.sources[source] : null]);
      line("emissions", [...emissions, estimated, key ? data.sources[source] : null]);
      line("computed", null);
      line("claim", data.claim ? [data.claim, "", say("for comparison")] : null);
      tile("emissions", null, emissions[0], emissions[1] ? say("range {ends}", { ends: emissions[1] }) : estimated);
      tile("energy", null, energy[0], overhead ? say("with PUE") : say("of the machines alone"));
      if (overhead) tile("context", say("PUE"), ratio(all.pue), choice.pue ? estimated : data.known.pue);
      else tile("context", say("Carbon intensity"), intensity(all.grams), key ? estimated : data.known.intensity);
    }
    const told = costTexts(cost);
    line("cost", told && (choice.repriced ? told : [...told.slice(0, 2), null, null]));
    const series = told && (told[1] ? say("range {ends}", { ends: told[1] }) : cost.price.key);
    tile("cost", null, told && told[0], series);
  }

  function writeGroups(groups, withPue) {
    const table = by("figures-of-groups");
    if (!table) return;
    for (const row of table.rows) show(row.cells[4], withPue);
    groups.forEach((group, place) => {
      if (!data.groups[place].length) return; // no runs of this report
      const cells = table.tBodies[0].rows[place].cells;
      write(cells[4], shown(group.kwh.value, "energy", group.kwh.ends));
      write(cells[5], shown(group.kg.value, "mass", group.kg.ends));
    });
  }

  function writeEquivalents(kg) {
    const table = by("figures-of-equivalents");
    if (!table || kg.value === null) return;
    const [low, high] = kg.ends ?? [kg.value, kg.value];
    data.equivalents.forEach((one, place) => {
      const value = kg.value * one.per_kg;
      const [scale, unit] = (Math.abs(value) < 0.1 && one.smaller) || [1, one.unit];
      const down = Math.hypot((kg.value - low) * one.per_kg, value * (one.down ?? 0));
      const up = Math.hypot((high - kg.value) * one.per_kg, value * (one.up ?? 0));
      const ends = kg.ends || one.down !== null ? [value - down, value + up] : null;
      const spelled = (part) => quantity(part * scale, wanted(value, ends) || 3);
      const cells = table.tBodies[0].rows[place].cells;
      write(cells[1], `${spelled(value)} ${unit}`);
      write(cells[2], ends ? `${ends.map(spelled).join("–")} ${unit}` : "");
    });
  }

  function told(choice, made) {
    if (choice.wrong) return say("A PUE is between 1 and 10; this one is left out.");
    const [, place, grams, , year, boundary] = choice.place ?? [];
    const changes = [
      place && say("electricity of {place} ({how})", { place, how: [intensity(grams), year, boundary].join(", ") }),
      choice.pue !== null && `${say("PUE")} ${ratio(choice.pue)}`,
      choice.repriced && say("social cost by {series}", { series: choice.price.label }),
    ].filter(Boolean);
    if (!changes.length) return say("Nothing is changed: these are the figures of the report.");
    const [now, before] = [made.all.kg, usual.all.kg.value];
    const differ = before && now.value !== null && now.value !== before;
    const values = { now: shown(now.value, "mass", now.ends), before: data.emissions };
    const sentences = [
      say("Changed: {changes}.", { changes: changes.join("; ") }),
      say("Emissions are then {now}; the report itself tells {before}.", values),
      differ && say("That is {times} times as much.", { times: quantity(now.value / before, 3) }),
    ];
    return sentences.filter(Boolean).join(" ");
  }

  let usual = null; // as in the report
  let current = null; // as chosen

  function follow() {
    const choice = chosen();
    const changed = choice.recomputed || choice.repriced;
    current = assessed(choice);
    restore();
    if (changed) writeTotals(current);
    if (choice.recomputed) {
      writeGroups(current.groups, current.all.pue !== null);
      writeEquivalents(current.all.kg);
    }
    document.body.classList.toggle("changed", changed);
    for (const mark of document.querySelectorAll(".as-published")) mark.hidden = !changed;
    pue.setAttribute("aria-invalid", String(choice.wrong));
    reset.disabled = !changed && !choice.wrong;
    note.textContent = told(choice, current);
    runTable.follow();
  }

  // --- the table of runs: sorted, filtered, a page at a time ----------------------------------------------------------

  const runTable = (() => {
    const table = by("figures-of-runs");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const heads = [...table.tHead.rows[0].cells];
    const column = Object.fromEntries(heads.map((head, place) => [head.dataset.sort, place]));
    const pageLength = 100;
    let order = rows.map((_, run) => run);
    let found = order;
    let first = 0;
    let sorted = { key: null, down: false };

    const followers = ["kwh", "kg", "country"].filter((key) => key in column);
    const usualTexts = rows.map((row) => followers.map((key) => row.cells[column[key]].textContent));

    /** What a row shows in the columns that follow the choice. */
    function textsOf(run) {
      const { choice } = current;
      if (!choice.recomputed) return usualTexts[run];
      const made = current.runs[run];
      const [kwh, kg] = ["kwh", "kg"].map((kind) => {
        const alone = new Total();
        if (made[kind] !== null) alone.add(made[kind], made.errors[kind]);
        return shown(made[kind], kind === "kg" ? "mass" : "energy", alone.ends);
      });
      return [kwh, kg, choice.place ? choice.place[0] : usualTexts[run][2]];
    }

    /** What a column is sorted by: a number, or a text. */
    function value(run, key) {
      if (key in runs && key !== "kwh" && key !== "kg") return runs[key][run];
      const made = current.runs[run];
      return key in made ? made[key] : textsOf(run)[followers.indexOf(key)] ?? rows[run].cells[column[key]].textContent;
    }

    function sort() {
      order = rows.map((_, run) => run);
      if (sorted.key === null) return;
      const words = new Intl.Collator(undefined, { numeric: true });
      const keys = order.map((run) => value(run, sorted.key));
      const compare = (one, other) => (typeof one === "number" ? one - other : words.compare(one, other));
      order.sort((one, other) => {
        const [left, right] = [keys[one], keys[other]];
        if (left === null || right === null) return (left === null) - (right === null); // not told: always last
        return (sorted.down ? -1 : 1) * compare(left, right) || one - other;
      });
    }

    function filter() {
      const words = by("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      found = order.filter((run) => words.every((word) => texts[run].includes(word)));
      first = 0;
      lay();
    }

    function fill(run) {
      const cells = rows[run].cells;
      const shownTexts = textsOf(run);
      followers.forEach((key, at) => (cells[column[key]].textContent = shownTexts[at]));
      cells[column.kwh].hidden = heads[column.kwh].hidden;
      return rows[run];
    }

    function lay(length = pageLength) {
      const page = found.slice(first, first + length);
      body.replaceChildren(...page.map(fill));
      const numbers = [first + 1, first + page.length, found.length, count];
      const [from, to, number, all] = numbers.map((one) => figure(fixed(one, 0)));
      const which = found.length > page.length ? say("{from} to {to} of {number} runs", { from, to, number }) : "";
      const match = found.length < count ? say("{number} of {all} runs found", { number, all }) : "";
      by("runs-shown").textContent = [match, which].filter(Boolean).join("; ") || say("{number} runs", { number });
      by("previous").disabled = first === 0;
      by("next").disabled = first + length >= found.length;
      by("previous").parentElement.hidden = found.length <= pageLength;
    }

    function turn(pages) {
      first = Math.max(0, first + pages * pageLength);
      lay();
      table.parentElement.scrollTop = 0;
    }

    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const key = head.dataset.sort;
        if (sorted.key !== key) sorted = { key, down: false };
        else sorted = sorted.down ? { key: null, down: false } : { key, down: true };
        for (const other of heads) other.removeAttribute("aria-sort");
        if (sorted.key) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
        sort();
        filter();
      });
    }
    by("filter").addEventListener("input", filter);
    by("previous").addEventListener("click", () => turn(-1));
    by("next").addEventListener("click", () => turn(1));
    window.addEventListener("beforeprint", () => {
      first = 0;
      lay(count);
    });
    window.addEventListener("afterprint", () => lay());
    by("runs-tools").hidden = count < 2;

    return {
      follow() {
        heads[column.kwh].hidden = current.all.pue === null;
        sort();
        filter();
      },
    };
  })();

  // --- begin -----------------------------------------------------------------------------------------------------------

  const asPublished = say("as in the report");
  const places = data.places.map(([, label, grams]) => `${label} (${figure(fixed(grams, 0))} g/kWh)`);
  place.append(new Option(asPublished, ""), ...places.map((text, at) => new Option(text, at)));
  price.append(...data.prices.map(({ label }, at) => new Option(at ? label : `${asPublished} (${label})`, at)));
  by("assumptions").hidden = false;
  usual = assessed(chosen());
  for (const field of [place, pue, price]) field.addEventListener("input", follow);
  reset.form.addEventListener("reset", () => setTimeout(follow)); // the fields are emptied after the event
  reset.form.addEventListener("submit", (event) => event.preventDefault());
  follow();
}
