/** Forms as the REST interface has them, and as they are drawn. */

import type {
  ScenarioInfo,
  ScenarioResultInfo,
  ScreenControlInfo,
  ScreenInfo,
} from "../../client/src/protocol.ts";

interface ParameterModel {
  readonly Rank?: number;
  readonly DisplayName?: string | null;
  readonly ResultNumber?: number;
  readonly ResultText?: string | null;
  readonly DefaultItem?: boolean;
}

interface ControlModel {
  readonly ControlId?: string | null;
  readonly ScreenRank?: number;
  readonly Rank?: number;
  readonly DisplayName?: string | null;
  readonly Description?: string | null;
  readonly ControlType?: string | null;
  readonly ControlNumber?: number | null;
  readonly ControlText?: string | null;
  readonly MandatoryField?: boolean;
  readonly Parameters?: readonly ParameterModel[];
}

interface ScreenModel {
  readonly Rank?: number;
  readonly DisplayName?: string | null;
  readonly FinishButton?: boolean;
  readonly ConditionControlId?: string | null;
  readonly ConditionText?: string | null;
}

/** A form of the REST interface. */
export interface ScenarioModel {
  readonly ScenarioId?: string | null;
  readonly DisplayName?: string | null;
  readonly Controls?: readonly ControlModel[];
  readonly Screens?: readonly ScreenModel[];
}

/** What is drawn of a form: its screens with their controls. */
export function scenarioOf(model: ScenarioModel): ScenarioInfo {
  const controls = model.Controls ?? [];
  const known =
    model.Screens ??
    [...new Set(controls.map((one) => one.ScreenRank ?? 0))].map((Rank) => ({ Rank }));
  const Screens = known.map((screen: ScreenModel): ScreenInfo => {
    const here = controls.filter((one) => (one.ScreenRank ?? 0) === (screen.Rank ?? 0));
    return {
      Rank: screen.Rank,
      DisplayName: screen.DisplayName,
      FinishButton: screen.FinishButton,
      ConditionScreenControlId: screen.ConditionControlId,
      ConditionText: screen.ConditionText,
      Controls: here.map(({ ControlId, Parameters, ScreenRank: _, ...control }) => ({
        ...control,
        ControlType: control.ControlType as ScreenControlInfo["ControlType"],
        ScreenControlId: ControlId,
        Parameters: [...(Parameters ?? [])],
      })),
    };
  });
  return { ScenarioId: model.ScenarioId, DisplayName: model.DisplayName, Screens };
}

/** What was filled in, as the REST interface takes it. */
export function resultModel(result: ScenarioResultInfo): Record<string, unknown> {
  const Values = (result.Values ?? []).map(({ ScreenControlId, ...value }) => ({
    ControlId: ScreenControlId,
    ...value,
  }));
  return { ScenarioId: result.ScenarioId, ResultId: result.ScenarioResultId, Values };
}
